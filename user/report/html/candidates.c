// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/candidates.h"

#include <inttypes.h>

#include "record/candidate_words.h"
#include "report/html/elements.h"

static const struct candidate_words_ops ops = { html_elements__process, html_elements__size };

static void put_list(FILE *out, const struct record_candidate *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fputs(i ? "; " : "", out);
		candidate_words__put(out, list[i], &ops);
	}
}

static void put_reason(FILE *out, const struct record_oom *oom, const struct candidate_facts *facts)
{
	if (facts->chosen) {
		fputs("<p>Chosen: ", out);
		candidate_words__put_reason(out, oom, facts, &ops);
		fputs(".</p>", out);
	}
	if (facts->spared_count) {
		fputs(facts->chosen ? "<p>Spared, though larger: " : "<p>Spared: ", out);
		put_list(out, facts->spared, facts->spared_count);
		fputs(".</p>", out);
	}
}

/* "By program: 40 × worker, 60.0 MiB of 64.0 MiB; 1 × sh, 2.0 MiB." Where no program has two, the table says it all. */
static void put_programs(FILE *out, const struct record_oom *oom, const struct candidate_facts *facts)
{
	const struct record_candidates *all = oom->candidates;
	bool several = false;

	for (size_t i = 0; i < facts->program_count; i++)
		several |= facts->programs[i].count > 1;
	if (!several)
		return;
	fputs("<p>By program", out);
	if (facts->sums == CANDIDATE_SUMS_LISTED)
		fprintf(out, ", the first %" PRIu64 " of %" PRIu64 " processes", facts->listed, all->count);
	else if (facts->sums == CANDIDATE_SUMS_KILLABLE)
		fprintf(out, ", the %" PRIu64 " that could be killed", facts->killable);
	for (size_t i = 0; i < facts->program_count; i++) {
		const struct record_program *p = &facts->programs[i];
		uint64_t usage = i ? 0 : candidate_words__usage_of(oom, p->counted_bytes);

		fprintf(out, "%s%" PRIu64 " × ", i ? "; " : ": ", p->count);
		html_elements__name(out, p->comm);
		fputs(", ", out);
		html_elements__size(out, p->counted_bytes);
		fputs(usage ? " of " : "", out);
		if (usage)
			html_elements__size(out, usage);
	}
	if (facts->unsummed)
		fprintf(out, "; of %" PRIu64 " it isn’t known", facts->unsummed);
	fputs(".</p>", out);
}

static uint64_t most_bytes(const struct record_candidates *all)
{
	uint64_t most = 1;

	for (size_t i = 0; i < all->first_count; i++)
		most = all->first[i].counted_bytes > most ? all->first[i].counted_bytes : most;
	for (size_t i = 0; i < all->spared_count; i++)
		most = all->spared[i].counted_bytes > most ? all->spared[i].counted_bytes : most;
	return most;
}

/* What kinds of memory it had, on a scale that all rows share. */
static void put_bar(FILE *out, const struct record_candidate *c, uint64_t all)
{
	const struct {
		const char *class;
		uint64_t bytes;
	} kinds[] = {
		{ "c1", c->anon_rss_bytes }, { "c2", c->file_rss_bytes }, { "c3", c->shmem_rss_bytes },
		{ "c4", c->swap },	     { "c5", c->pgtables_bytes },
	};
	uint64_t from = 0;

	html_elements__bar_begin(out);
	for (size_t i = 0; c->has_kinds && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (kinds[i].bytes)
			html_elements__bar_piece(out, kinds[i].class, from, from + kinds[i].bytes, all);
		from += kinds[i].bytes;
	}
	if (!c->has_kinds && c->counted_bytes)
		html_elements__bar_piece(out, "c9", 0, c->counted_bytes, all);
	html_elements__bar_end(out);
}

static void put_row(FILE *out, const struct record_oom *oom, const struct record_candidate *c, uint64_t all)
{
	bool killed = candidate_words__was_killed(oom, c);

	fputs(killed ? "<tr><th scope=\"row\"><b>" : "<tr><th scope=\"row\">", out);
	if (c->comm)
		html_elements__process(out, c->comm, c->pid);
	else
		fprintf(out, "pid %" PRIu32 ", ended", c->pid);
	fputs(killed ? "</b>, killed</th><td>" : "</th><td>", out);
	put_bar(out, c, all);
	fputs("</td><td class=\"n\">", out);
	if (c->has_counted)
		html_elements__size(out, c->counted_bytes);
	fputs("</td><td class=\"n\">", out);
	if (c->has_adj)
		fprintf(out, "%d", c->oom_score_adj);
	fputs("</td><td class=\"n\">", out);
	if (c->has_points)
		fprintf(out, "%" PRId64, c->points);
	else
		fputs("can’t be killed", out);
	fputs("</td></tr>\n", out);
}

static void put_table(FILE *out, const struct record_oom *oom)
{
	const struct record_candidates *all = oom->candidates;
	uint64_t most = most_bytes(all);

	fputs("<div class=\"scroll\"><table class=\"gantt\"><thead><tr><th scope=\"col\">process</th><td></td>"
	      "<th scope=\"col\" class=\"n\">memory</th><th scope=\"col\" class=\"n\">adj</th>"
	      "<th scope=\"col\" class=\"n\">points</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < all->first_count; i++)
		put_row(out, oom, &all->first[i], most);
	for (size_t i = 0; i < all->spared_count; i++)
		put_row(out, oom, &all->spared[i], most);
	fputs("</tbody></table></div>", out);
}

static void put_count(FILE *out, const struct record_oom *oom)
{
	const struct record_candidates *all = oom->candidates;

	fprintf(out, "<p class=\"note\">%" PRIu64 " process%s compared", all->count,
		all->count == 1 ? " was" : "es were");
	if (all->unkillable)
		fprintf(out, ", %" PRIu64 " of which the kernel can’t kill", all->unkillable);
	if (all->has_counted && all->count > all->first_count) {
		fputs(all->unkillable ? "; the others together have " : "; all together have ", out);
		html_elements__size(out, all->counted_bytes);
	}
	fputs(". Points are pages of memory, with what oom_score_adj (adj) adds or takes.</p></section>\n",
	      out);
}

void html_candidates__put(FILE *out, const struct record_oom *oom)
{
	struct candidate_facts facts;

	if (!candidate_words__facts(oom, &facts))
		return;
	html_elements__part_begin(out, "Who could have been killed");
	put_reason(out, oom, &facts);
	put_programs(out, oom, &facts);
	put_table(out, oom);
	put_count(out, oom);
}
