// SPDX-License-Identifier: GPL-2.0-only
/* Why this process, as text: whom the kernel compared it with. */
#include <inttypes.h>

#include "output/text_sink.h"
#include "record/candidate_words.h"

/* So many processes of one program are many, if none of them is large. */
#define MANY 5

static void put_size(FILE *out, uint64_t bytes)
{
	text_parts__size(out, "", bytes);
}

static const struct candidate_words_ops ops = { text_parts__process, put_size };

static void put_list(FILE *out, const struct record_candidate *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fputs(!i ? "" : "; ", out);
		candidate_words__put(out, list[i], &ops);
	}
	fputc('\n', out);
}

/*
 * "chosen    the most memory of 12 processes, 315.0 MiB; next: api (pid 9), 80.0 MiB"
 * "spared    postgres (pid 5), 500.0 MiB, held back by oom_score_adj -900"
 */
static void put_choice(const struct text_sink *sink, const struct record_oom *oom,
		       const struct candidate_facts *facts)
{
	FILE *out = sink->base.out;

	if (facts->chosen) {
		text_sink__label(sink, "chosen");
		candidate_words__put_reason(out, oom, facts, &ops);
		fputs(facts->next_count ? "; next: " : "", out);
		put_list(out, facts->next, facts->next_count);
	}
	if (facts->spared_count) {
		text_sink__label(sink, "spared");
		fputs(facts->chosen ? "though larger: " : "", out);
		put_list(out, facts->spared, facts->spared_count);
	}
}

/* Whose processes the sums have, if they aren't all. */
static void put_whose(FILE *out, const struct record_oom *oom, const struct candidate_facts *facts)
{
	if (facts->sums == CANDIDATE_SUMS_LISTED)
		fprintf(out, "the first %" PRIu64 " of %" PRIu64 ": ", facts->listed, oom->candidates->count);
	else if (facts->sums == CANDIDATE_SUMS_KILLABLE)
		fprintf(out, "of the %" PRIu64 " that could be killed: ", facts->killable);
}

/*
 * "held by   40 x worker, 60.0 MiB of 64.0 MiB; 1 x sh, 2.0 MiB": where it is many that hold the memory, and not the
 * victim.
 */
static void put_programs(const struct text_sink *sink, const struct record_oom *oom,
			 const struct candidate_facts *facts)
{
	FILE *out = sink->base.out;

	if (!facts->program_count || (facts->programs[0].count < MANY && sink->look.detail != TEXT_ALL))
		return;
	text_sink__label(sink, "held by");
	put_whose(out, oom, facts);
	for (size_t i = 0; i < facts->program_count; i++) {
		const struct record_program *p = &facts->programs[i];
		uint64_t usage = i ? 0 : candidate_words__usage_of(oom, p->counted_bytes);

		fprintf(out, "%s%" PRIu64 " x ", i ? "; " : "", p->count);
		text_parts__name(out, p->comm);
		text_parts__size(out, ", ", p->counted_bytes);
		if (usage)
			text_parts__size(out, " of ", usage);
	}
	if (facts->unsummed)
		fprintf(out, "; of %" PRIu64 " it isn't known", facts->unsummed);
	if (facts->sums == CANDIDATE_SUMS_LISTED && oom->candidates->has_counted)
		text_parts__size(out, "; all that could be killed ", oom->candidates->counted_bytes);
	fputc('\n', out);
}

void text_candidates__not_resident(const struct text_sink *sink, const struct record_oom *oom)
{
	uint64_t bytes = candidate_words__not_resident(oom);
	FILE *out = sink->base.out;

	if (!bytes)
		return;
	text_sink__label(sink, "shmem");
	text_parts__size(out, "about ", bytes);
	fputs(" of the shared memory are resident in no process under this limit\n", out);
}

void text_candidates__put(const struct text_sink *sink, const struct record_oom *oom)
{
	struct candidate_facts facts;

	if (!candidate_words__facts(oom, &facts))
		return;
	put_choice(sink, oom, &facts);
	put_programs(sink, oom, &facts);
}
