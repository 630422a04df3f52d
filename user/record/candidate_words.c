// SPDX-License-Identifier: GPL-2.0-only
#include "record/candidate_words.h"

#include <inttypes.h>
#include <string.h>

#define ADJ_NEVER (-1000)
#define NOT_RESIDENT_PART 5 /* of usage: less isn't worth telling */

bool candidate_words__was_killed(const struct record_oom *oom, const struct record_candidate *c)
{
	for (size_t i = 0; i < oom->victim_count; i++) {
		if (oom->victims[i].pid == c->pid && oom->victims[i].role != ROLE_EXITING)
			return true;
	}
	return false;
}

/* Of those that are listed: first by points, then those that are spared. */
static const struct record_candidate *listed(const struct record_candidates *all, size_t i)
{
	return i < all->first_count ? &all->first[i] : &all->spared[i - all->first_count];
}

static const struct record_candidate *find_chosen(const struct record_oom *oom)
{
	const struct record_candidates *all = oom->candidates;

	for (size_t i = 0; i < oom->victim_count; i++) {
		if (oom->victims[i].role != ROLE_CHOSEN)
			continue;
		for (size_t j = 0; j < all->first_count; j++) {
			if (all->first[j].pid == oom->victims[i].pid)
				return &all->first[j];
		}
	}
	return NULL;
}

static void find_next(const struct record_oom *oom, struct candidate_facts *facts)
{
	const struct record_candidates *all = oom->candidates;

	for (size_t i = 0; i < all->first_count && facts->next_count < CANDIDATE_WORDS_NEXT; i++) {
		const struct record_candidate *c = &all->first[i];

		if (c->comm && c->has_points && !candidate_words__was_killed(oom, c))
			facts->next[facts->next_count++] = c;
	}
}

/* One that is larger than the chosen one, or any where nothing was chosen. */
static void note_spared(const struct record_oom *oom, struct candidate_facts *facts,
			const struct record_candidate *c)
{
	size_t at = facts->spared_count;

	if (!c->comm || !c->has_counted || candidate_words__was_killed(oom, c) ||
	    (facts->chosen &&
	     (!facts->chosen->has_counted || c->counted_bytes <= facts->chosen->counted_bytes)))
		return;
	for (; at && facts->spared[at - 1]->counted_bytes < c->counted_bytes; at--) {
		if (at < CANDIDATE_WORDS_SPARED)
			facts->spared[at] = facts->spared[at - 1];
	}
	if (at == CANDIDATE_WORDS_SPARED)
		return;
	facts->spared[at] = c;
	if (facts->spared_count < CANDIDATE_WORDS_SPARED)
		facts->spared_count++;
}

/* Whether one that has more memory would be among those that are listed, and what they have is known. */
static bool would_be_listed(const struct record_candidates *all, const struct record_candidate *chosen)
{
	for (size_t i = 0; i < all->first_count + all->spared_count; i++) {
		if (!listed(all, i)->has_counted)
			return false;
	}
	/* Behind the first by points there is nobody with more memory, unless the chosen one's points are raised. */
	return all->first_count + all->spared_count >= all->count ||
	       (chosen->has_adj && chosen->oom_score_adj <= 0);
}

/* How many have more memory than the chosen one, killed with it or not; and whether each of them is held back. */
static uint64_t count_larger(const struct record_candidates *all, const struct record_candidate *chosen,
			     bool *held_back)
{
	uint64_t count = 0;

	*held_back = true;
	for (size_t i = 0; i < all->first_count + all->spared_count && chosen->has_counted; i++) {
		const struct record_candidate *c = listed(all, i);

		if (!c->has_counted || c->counted_bytes <= chosen->counted_bytes)
			continue;
		count++;
		*held_back = *held_back && c->has_adj && c->oom_score_adj < 0;
	}
	return count;
}

static enum candidate_reason reason_of(const struct record_candidates *all,
				       const struct record_candidate *chosen)
{
	bool held_back, known = would_be_listed(all, chosen);
	uint64_t larger = count_larger(all, chosen, &held_back);

	if (all->count == all->unkillable + 1)
		return CANDIDATE_ONLY;
	if (larger && chosen->has_adj && chosen->oom_score_adj > 0)
		return CANDIDATE_RAISED;
	if (!larger)
		return known ? CANDIDATE_LARGEST : CANDIDATE_HIGHEST;
	return known && held_back && chosen->has_adj && !chosen->oom_score_adj ? CANDIDATE_LARGEST_LEFT
									       : CANDIDATE_HIGHEST;
}

/* Sums by program: of so few that one after the other is looked for. `unkillable`: of these alone. */
static void sum_listed(const struct record_candidates *all, bool unkillable, struct record_program *sum)
{
	for (size_t i = 0; i < all->first_count + all->spared_count; i++) {
		const struct record_candidate *c = listed(all, i);

		if (!c->comm || !c->has_counted || strcmp(c->comm, sum->comm) != 0 ||
		    (unkillable && c->has_points))
			continue;
		sum->count++;
		sum->counted_bytes += c->counted_bytes;
	}
}

static bool is_summed(const struct record_program *programs, size_t count, const char *comm)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(programs[i].comm, comm))
			return true;
	}
	return false;
}

static void add_program(struct candidate_facts *facts, const struct record_program *sum)
{
	size_t at = facts->program_count;

	for (; at && facts->programs[at - 1].counted_bytes < sum->counted_bytes; at--) {
		if (at < CANDIDATE_WORDS_PROGRAMS)
			facts->programs[at] = facts->programs[at - 1];
	}
	if (at == CANDIDATE_WORDS_PROGRAMS)
		return;
	facts->programs[at] = *sum;
	if (facts->program_count < CANDIDATE_WORDS_PROGRAMS)
		facts->program_count++;
}

/*
 * Whether those that can't be killed can be added to the record's sums, which don't have them: all are listed, and of
 * each program the sum is known.
 */
static bool can_add_unkillable(const struct record_candidates *all)
{
	uint64_t unkillable = 0;

	for (size_t i = 0; i < all->first_count + all->spared_count; i++) {
		const struct record_candidate *c = listed(all, i);

		if (c->has_points)
			continue;
		if (!c->comm || (all->other.count && !is_summed(all->programs, all->program_count, c->comm)))
			return false;
		unkillable++;
	}
	return unkillable == all->unkillable;
}

/* `unkillable`: of these alone. */
static uint64_t count_unsummed(const struct record_candidates *all, bool unkillable)
{
	uint64_t count = 0;

	for (size_t i = 0; i < all->first_count + all->spared_count; i++) {
		const struct record_candidate *c = listed(all, i);

		count += (!c->comm || !c->has_counted) && !(unkillable && c->has_points);
	}
	return count;
}

/* The record's sums are those of the kernel side, of more processes than are listed. */
static void take_sums(const struct record_candidates *all, struct candidate_facts *facts)
{
	bool with_unkillable = can_add_unkillable(all);

	for (size_t i = 0; i < all->program_count; i++) {
		struct record_program sum = all->programs[i];

		if (with_unkillable)
			sum_listed(all, true, &sum);
		add_program(facts, &sum);
	}
	for (size_t i = 0; with_unkillable && i < all->first_count + all->spared_count; i++) {
		struct record_program sum = { .comm = listed(all, i)->comm };

		if (listed(all, i)->has_points || !listed(all, i)->has_counted ||
		    is_summed(all->programs, all->program_count, sum.comm) ||
		    is_summed(facts->programs, facts->program_count, sum.comm))
			continue;
		sum_listed(all, true, &sum);
		add_program(facts, &sum);
	}
	facts->sums = with_unkillable ? CANDIDATE_SUMS_ALL : CANDIDATE_SUMS_KILLABLE;
	facts->unsummed = with_unkillable ? count_unsummed(all, true) : 0;
}

static void sum_programs(const struct record_candidates *all, struct candidate_facts *facts)
{
	facts->listed = all->first_count + all->spared_count;
	facts->all_listed = facts->listed >= all->count;
	facts->killable = all->count > all->unkillable ? all->count - all->unkillable : 0;
	if (all->program_count) {
		take_sums(all, facts);
		return;
	}
	for (size_t i = 0; i < facts->listed; i++) {
		struct record_program sum = { .comm = listed(all, i)->comm };

		if (!sum.comm || !listed(all, i)->has_counted ||
		    is_summed(facts->programs, facts->program_count, sum.comm))
			continue;
		sum_listed(all, false, &sum);
		add_program(facts, &sum);
	}
	facts->sums = facts->all_listed ? CANDIDATE_SUMS_ALL : CANDIDATE_SUMS_LISTED;
	facts->unsummed = count_unsummed(all, false);
}

bool candidate_words__facts(const struct record_oom *oom, struct candidate_facts *facts)
{
	const struct record_candidates *all = oom->candidates;

	*facts = (struct candidate_facts){};
	if (!all)
		return false;
	facts->chosen = find_chosen(oom);
	/* Else those whose kills aren't told would be among them. */
	if (!record__kills_untold(oom)) {
		find_next(oom, facts);
		for (size_t i = 0; i < all->first_count + all->spared_count; i++)
			note_spared(oom, facts, listed(all, i));
	}
	if (facts->chosen)
		facts->reason = reason_of(all, facts->chosen);
	sum_programs(all, facts);
	return true;
}

uint64_t candidate_words__usage_of(const struct record_oom *oom, uint64_t counted_bytes)
{
	const struct record_level *limit = oom->limit;

	if (!limit || !limit->has_memory || !limit->has_swap || limit->swap_usage_bytes ||
	    counted_bytes > limit->usage_bytes)
		return 0;
	return limit->usage_bytes;
}

uint64_t candidate_words__not_resident(const struct record_oom *oom)
{
	const struct record_candidates *all = oom->candidates;
	const struct record_memory *m = oom->memory;
	uint64_t mapped = 0, shared;

	if (!all || !m || !(m->known & 1U << MEMORY_SHMEM) || !oom->limit || !oom->limit->has_memory ||
	    all->first_count + all->spared_count < all->count)
		return 0;
	for (size_t i = 0; i < all->first_count + all->spared_count; i++) {
		if (!listed(all, i)->has_kinds)
			return 0;
		mapped += listed(all, i)->shmem_rss_bytes;
	}
	shared = m->bytes[MEMORY_SHMEM];
	if (mapped >= shared || shared - mapped < oom->limit->usage_bytes / NOT_RESIDENT_PART)
		return 0;
	return shared - mapped;
}

/* ---- sentences ---- */

static void put_adj(FILE *out, const struct record_candidate *c)
{
	if (!c->has_adj || !c->oom_score_adj)
		return;
	if (c->oom_score_adj == ADJ_NEVER)
		fputs(", exempt by oom_score_adj -1000", out);
	else
		fprintf(out, ", %s by oom_score_adj %d", c->oom_score_adj < 0 ? "held back" : "raised",
			c->oom_score_adj);
}

static void put_size(FILE *out, const struct record_candidate *c, const struct candidate_words_ops *ops)
{
	if (!c->has_counted)
		return;
	fputs(", ", out);
	ops->size(out, c->counted_bytes);
}

void candidate_words__put(FILE *out, const struct record_candidate *c, const struct candidate_words_ops *ops)
{
	ops->process(out, c->comm, c->pid);
	put_size(out, c, ops);
	put_adj(out, c);
}

/* Those that can't be killed, such as a victim of before, aren't all listed: one of them may have more memory. */
static bool knows_unkillable(const struct record_candidates *all)
{
	uint64_t known = 0;

	for (size_t i = 0; i < all->first_count + all->spared_count; i++)
		known += !listed(all, i)->has_points && listed(all, i)->has_counted;
	return known == all->unkillable;
}

void candidate_words__put_reason(FILE *out, const struct record_oom *oom, const struct candidate_facts *facts,
				 const struct candidate_words_ops *ops)
{
	const struct record_candidate *c = facts->chosen;

	switch (facts->reason) {
	case CANDIDATE_ONLY:
		fputs("the only process that could be killed", out);
		break;
	case CANDIDATE_LARGEST:
		if (knows_unkillable(oom->candidates))
			fprintf(out, "the most memory of %" PRIu64 " processes", oom->candidates->count);
		else
			fprintf(out, "the most memory of the %" PRIu64 " processes that could be killed",
				facts->killable);
		break;
	case CANDIDATE_LARGEST_LEFT:
		fprintf(out, "the most memory of those that %sare not held back",
			knows_unkillable(oom->candidates) ? "" : "could be killed and ");
		break;
	case CANDIDATE_RAISED:
		fprintf(out, "raised by oom_score_adj %d, though others have more memory", c->oom_score_adj);
		break;
	case CANDIDATE_HIGHEST:
		fprintf(out, "the highest score of %" PRIu64 " processes", oom->candidates->count);
		if (c->has_adj && c->oom_score_adj)
			fprintf(out, ", %s by oom_score_adj %d",
				c->oom_score_adj < 0 ? "though held back" : "raised", c->oom_score_adj);
		break;
	}
	put_size(out, c, ops);
}
