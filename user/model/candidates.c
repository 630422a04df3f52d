// SPDX-License-Identifier: GPL-2.0-only
#include "model/candidates.h"

#include <string.h>

/* get_mm_counter() shows a negative sum as 0, include/linux/mm.h */
static uint64_t bytes_of(int64_t pages, uint32_t page_size)
{
	return pages > 0 ? (uint64_t)pages * page_size : 0;
}

static void fill_memory(struct record_candidate *c, const struct event_candidate *e, uint32_t page_size)
{
	c->has_kinds = c->has_rss = c->has_swap = c->has_pgtables = true;
	c->anon_rss_bytes = bytes_of(e->anon_rss_pages, page_size);
	c->file_rss_bytes = bytes_of(e->file_rss_pages, page_size);
	c->shmem_rss_bytes = bytes_of(e->shmem_rss_pages, page_size);
	c->rss = c->anon_rss_bytes + c->file_rss_bytes + c->shmem_rss_bytes;
	c->swap = bytes_of(e->swap_entries, page_size);
	c->pgtables_bytes = e->pgtables_bytes;
}

/*
 * The kernel adds oom_score_adj thousandths of all pages that count to the pages of the process, oom_badness(). The
 * points of those that it never kills say nothing of their memory.
 */
static void fill_counted(struct record_candidate *c, const struct event_candidate *e,
			 const struct event_oom *oom, uint32_t page_size)
{
	int64_t adj, pages;

	if (e->points == EVENT_UNKILLABLE || e->points == INT64_MAX || !oom || !c->has_adj) {
		c->has_counted = c->has_rss;
		c->counted_bytes = c->rss + c->swap + c->pgtables_bytes;
		return;
	}
	if (oom->totalpages > INT64_MAX ||
	    __builtin_mul_overflow((int64_t)(oom->totalpages / 1000), c->oom_score_adj, &adj) ||
	    __builtin_sub_overflow(e->points, adj, &pages))
		return;
	c->has_counted = true;
	c->counted_bytes = bytes_of(pages, page_size);
}

static void fill(struct record_candidate *c, const struct event_candidate *e, const struct event_oom *oom,
		 struct cgroup_chain_set *cgroups, const struct model_env *env)
{
	*c = (struct record_candidate){ .pid = e->pid };
	if (e->points != EVENT_UNKILLABLE) {
		c->has_points = true;
		c->points = e->points;
	}
	if (e->flags & CANDIDATE_GONE)
		return;
	c->comm = e->comm;
	c->has_uid = c->has_adj = true;
	c->uid = e->uid;
	c->oom_score_adj = e->oom_score_adj;
	if (e->flags & CANDIDATE_HAS_MM)
		fill_memory(c, e, env->page_size);
	fill_counted(c, e, oom, env->page_size);
	c->cgroup = cgroup_chain__path(cgroups, e->cgroup_id);
	c->container = model_env__container(env, c->cgroup);
}

/* Whether `a` comes before `b`: by points; of as many, the one that was chosen. */
static bool comes_first(const struct event_candidate *a, const struct event_candidate *b,
			const struct event_oom *oom)
{
	if (a->points != b->points)
		return a->points > b->points;
	return oom && oom->outcome == OOM_KILLED && a->pid == oom->chosen_pid;
}

/* The largest first, of those that have no points worth the name. */
static bool is_larger(const struct record_candidate *a, const struct record_candidate *b)
{
	return a->counted_bytes > b->counted_bytes;
}

static void add_other(struct record_program *other, uint64_t count, uint64_t bytes)
{
	other->count += count;
	other->counted_bytes += bytes;
}

/* The programs with the most memory; the rest is one sum. */
static void fill_programs(struct candidates *to, const struct event_candidates *event, uint32_t page_size)
{
	struct record_program other = { .count = event->other_count,
					.counted_bytes = bytes_of(event->other_pages, page_size) };
	size_t count = 0;

	if (!(event->h.flags & CANDIDATES_SUMMED))
		return;
	for (size_t i = 0; i < EVENT_PROGRAMS_MAX; i++) {
		const struct event_program *p = &event->programs[i];
		const struct record_program next = { p->comm, p->count, bytes_of(p->pages, page_size) };
		size_t at = count;

		if (p->scan != event->scan)
			continue;
		if (count == CANDIDATES_PROGRAMS &&
		    to->programs[count - 1].counted_bytes >= next.counted_bytes) {
			add_other(&other, next.count, next.counted_bytes);
			continue;
		}
		if (count == CANDIDATES_PROGRAMS) {
			at = count - 1;
			add_other(&other, to->programs[at].count, to->programs[at].counted_bytes);
		} else {
			count++;
		}
		for (; at && next.counted_bytes > to->programs[at - 1].counted_bytes; at--)
			to->programs[at] = to->programs[at - 1];
		to->programs[at] = next;
	}
	to->record.programs = to->programs;
	to->record.program_count = count;
	to->record.other = other;
}

/* The memory of all that have points: by program, or one by one where all are listed. */
static void fill_sum(struct record_candidates *r)
{
	uint64_t bytes = r->other.counted_bytes;

	for (size_t i = 0; i < r->program_count; i++)
		bytes += r->programs[i].counted_bytes;
	for (size_t i = 0; i < r->first_count && !r->programs; i++) {
		if (!r->first[i].has_counted)
			return;
		bytes += r->first[i].counted_bytes;
	}
	if (!r->programs && (r->unkillable > r->count || r->count - r->unkillable != r->first_count))
		return;
	r->has_counted = true;
	r->counted_bytes = bytes;
}

void candidates__fill(struct candidates *to, const struct event_candidates *event,
		      const struct event_oom *oom, struct cgroup_chain_set *cgroups,
		      const struct model_env *env)
{
	const struct event_candidate *order[EVENT_CANDIDATES_MAX];
	struct record_candidate *spared = to->list + event->top;

	for (size_t i = 0; i < event->top; i++) {
		size_t at = i;

		for (; at && comes_first(&event->list[i], order[at - 1], oom); at--)
			order[at] = order[at - 1];
		order[at] = &event->list[i];
	}
	for (size_t i = 0; i < event->top; i++)
		fill(&to->list[i], order[i], oom, cgroups, env);
	for (size_t i = 0; i < event->count - event->top; i++) {
		struct record_candidate next;
		size_t at = i;

		fill(&next, &event->list[event->top + i], oom, cgroups, env);
		for (; at && is_larger(&next, &spared[at - 1]); at--)
			spared[at] = spared[at - 1];
		spared[at] = next;
	}
	to->record = (struct record_candidates){
		.count = event->scored,
		.unkillable = event->unkillable,
		.first = to->list,
		.first_count = event->top,
		.spared = spared,
		.spared_count = event->count - event->top,
	};
	fill_programs(to, event, env->page_size);
	fill_sum(&to->record);
}
