// SPDX-License-Identifier: GPL-2.0-only
#include "record/candidate_words.h"

#include <inttypes.h>
#include <string.h>

#define ADJ_NEVER (-1000)

bool candidate_words__was_killed(const struct record_oom *oom, const struct record_candidate *c)
{
	for (size_t i = 0; i < oom->victim_count; i++) {
		if (oom->victims[i].pid == c->pid && oom->victims[i].role != ROLE_EXITING)
			return true;
	}
	return false;
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
	    (facts->chosen && c->counted_bytes <= facts->chosen->counted_bytes))
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

static enum candidate_reason reason_of(const struct record_oom *oom, const struct candidate_facts *facts)
{
	const struct record_candidate *chosen = facts->chosen;

	if (oom->candidates->count == oom->candidates->unkillable + 1)
		return CANDIDATE_ONLY;
	if (!facts->spared_count)
		return CANDIDATE_LARGEST;
	return chosen->has_adj && chosen->oom_score_adj > 0 ? CANDIDATE_RAISED : CANDIDATE_LARGEST_LEFT;
}

/* Sums by program: of so few that one after the other is looked for. */
static void sum_program(const struct record_candidates *all, const struct record_candidate *c,
			struct candidate_program *sum)
{
	*sum = (struct candidate_program){ .comm = c->comm };
	for (size_t i = 0; i < all->first_count + all->spared_count; i++) {
		const struct record_candidate *other =
			i < all->first_count ? &all->first[i] : &all->spared[i - all->first_count];

		if (!other->comm || strcmp(other->comm, c->comm) != 0)
			continue;
		sum->count++;
		sum->bytes += other->counted_bytes;
	}
}

static bool is_summed(const struct candidate_facts *facts, const char *comm)
{
	for (size_t i = 0; i < facts->program_count; i++) {
		if (!strcmp(facts->programs[i].comm, comm))
			return true;
	}
	return false;
}

static void add_program(struct candidate_facts *facts, const struct candidate_program *sum)
{
	size_t at = facts->program_count;

	for (; at && facts->programs[at - 1].bytes < sum->bytes; at--) {
		if (at < CANDIDATE_WORDS_PROGRAMS)
			facts->programs[at] = facts->programs[at - 1];
	}
	if (at == CANDIDATE_WORDS_PROGRAMS)
		return;
	facts->programs[at] = *sum;
	if (facts->program_count < CANDIDATE_WORDS_PROGRAMS)
		facts->program_count++;
}

static void sum_programs(const struct record_candidates *all, struct candidate_facts *facts)
{
	size_t count = all->first_count + all->spared_count;

	for (size_t i = 0; i < count; i++) {
		const struct record_candidate *c = i < all->first_count ? &all->first[i]
									: &all->spared[i - all->first_count];
		struct candidate_program sum;

		if (!c->comm || is_summed(facts, c->comm))
			continue;
		sum_program(all, c, &sum);
		add_program(facts, &sum);
	}
	for (size_t i = 0; i < count; i++) {
		facts->listed_bytes +=
			(i < all->first_count ? &all->first[i] : &all->spared[i - all->first_count])
				->counted_bytes;
	}
	facts->listed = count;
	facts->all_listed = count >= all->count;
}

bool candidate_words__facts(const struct record_oom *oom, struct candidate_facts *facts)
{
	const struct record_candidates *all = oom->candidates;

	*facts = (struct candidate_facts){};
	if (!all)
		return false;
	facts->chosen = find_chosen(oom);
	find_next(oom, facts);
	for (size_t i = 0; i < all->first_count; i++)
		note_spared(oom, facts, &all->first[i]);
	for (size_t i = 0; i < all->spared_count; i++)
		note_spared(oom, facts, &all->spared[i]);
	if (facts->chosen)
		facts->reason = reason_of(oom, facts);
	sum_programs(all, facts);
	return true;
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

void candidate_words__put_reason(FILE *out, const struct record_oom *oom, const struct candidate_facts *facts,
				 const struct candidate_words_ops *ops)
{
	const struct record_candidate *c = facts->chosen;

	switch (facts->reason) {
	case CANDIDATE_ONLY:
		fputs("the only process that could be killed", out);
		break;
	case CANDIDATE_LARGEST:
		fprintf(out, "the most memory of %" PRIu64 " processes", oom->candidates->count);
		break;
	case CANDIDATE_LARGEST_LEFT:
		fputs("the most memory of those that are not held back", out);
		break;
	case CANDIDATE_RAISED:
		fprintf(out, "raised by oom_score_adj %d, though others have more memory", c->oom_score_adj);
		break;
	}
	put_size(out, c, ops);
}
