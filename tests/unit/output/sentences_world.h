/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A world at random: processes, and what of them the kernel side would send of an OOM among them. What is said of the
 * OOM must be true of the world, not of its record alone.
 */
#ifndef OOMTRACE_TEST_SENTENCES_WORLD_H
#define OOMTRACE_TEST_SENTENCES_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/candidates.h"
#include "output/sentences.h"

#define PROCESSES_MAX 40
#define COMMS 5

struct process {
	uint32_t pid;
	const char *comm;
	uint64_t anon, file, shmem, swap, tables; /* pages */
	int adj;
	bool skipped; /* the kernel has killed it before, and is done with it */
	bool gone;    /* it had ended before it was looked at */
	bool exiting; /* likewise, but for its memory alone */
	bool killed;
	int64_t points; /* EVENT_UNKILLABLE: none */
	bool listed;
};

struct world {
	struct process processes[PROCESSES_MAX];
	size_t count, killed;
	uint64_t usage, shmem, swap, totalpages; /* pages; swap: that the limit's cgroup has there */
	bool victims_lost;
	struct event_candidates event;
	struct candidates candidates;
};

static inline uint64_t world__pages(const struct process *p)
{
	return p->anon + p->file + p->shmem + p->swap + p->tables;
}

static inline bool world__has_points(const struct process *p)
{
	return p->points != EVENT_UNKILLABLE;
}

static inline uint64_t world__any(uint64_t most)
{
	return (uint64_t)rand() % (most + 1);
}

static inline void world__make_process(struct world *w, struct process *p, bool swap, bool plain)
{
	static const char *const comms[COMMS] = { "web", "api", "worker", "sh", "db" };
	static const int adjs[] = { 0, 0, 0, 0, 0, 0, 300, 1000, -100, -500, -900, -1000 };

	*p = (struct process){
		.pid = 100 + (uint32_t)(p - w->processes),
		.comm = comms[world__any(COMMS - 1)],
		.anon = world__any(rand() % 4 ? 300 : 9000),
		.file = world__any(200),
		.shmem = rand() % 3 ? 0 : world__any(2000),
		.swap = swap ? world__any(1000) : 0,
		.tables = 1 + world__any(20),
		.adj = plain && rand() % 8 ? 0 : adjs[world__any(sizeof(adjs) / sizeof(adjs[0]) - 1)],
		.skipped = !(rand() % 12),
		.gone = !(rand() % (plain ? 60 : 12)),
	};
	p->exiting = !(rand() % 20);
	p->points = p->adj == -1000 || p->skipped
			    ? EVENT_UNKILLABLE
			    : (int64_t)world__pages(p) + p->adj * (int64_t)(w->totalpages / 1000);
}

static inline struct process *world__most_points(struct world *w)
{
	struct process *most = NULL;

	for (size_t i = 0; i < w->count; i++) {
		struct process *p = &w->processes[i];

		if (world__has_points(p) && !p->listed && (!most || p->points > most->points))
			most = p;
	}
	return most;
}

static inline struct process *world__largest_held_back(struct world *w)
{
	struct process *largest = NULL;

	for (size_t i = 0; i < w->count; i++) {
		struct process *p = &w->processes[i];

		if (p->adj < 0 && !p->listed && (!largest || world__pages(p) > world__pages(largest)))
			largest = p;
	}
	return largest;
}

static inline void world__list(struct event_candidates *e, struct process *p)
{
	struct event_candidate *c = &e->list[e->count++];

	p->listed = true;
	*c = (struct event_candidate){ .pid = p->pid, .points = p->points, .flags = CANDIDATE_GONE };
	if (p->gone)
		return;
	c->flags = p->exiting ? 0 : CANDIDATE_HAS_MM;
	c->oom_score_adj = p->adj;
	snprintf(c->comm, sizeof(c->comm), "%s", p->comm);
	if (p->exiting)
		return;
	c->file_rss_pages = (int64_t)p->file;
	c->anon_rss_pages = (int64_t)p->anon;
	c->shmem_rss_pages = (int64_t)p->shmem;
	c->swap_entries = (int64_t)p->swap;
	c->pgtables_bytes = p->tables * PAGE;
}

static inline void world__sum(struct event_candidates *e, const struct process *p)
{
	struct event_program *program = e->programs;

	while (program->count && strcmp(program->comm, p->comm) != 0)
		program++;
	snprintf(program->comm, sizeof(program->comm), "%s", p->comm);
	program->count++;
	program->pages += (int64_t)world__pages(p);
	program->scan = e->scan;
}

/* candidates.bpf.h, in short. */
static inline void world__send(struct world *w)
{
	struct event_candidates *e = &w->event;
	struct process *p;

	*e = (struct event_candidates){ .scan = 1 };
	for (size_t i = 0; i < w->count; i++) {
		p = &w->processes[i];
		e->scored++;
		e->unkillable += !world__has_points(p);
		if (!world__has_points(p))
			continue;
		e->points_sum += p->points > 0 ? p->points : 0;
		world__sum(e, p);
	}
	while (e->count < EVENT_CANDIDATES_TOP && (p = world__most_points(w)))
		world__list(e, p);
	e->top = e->count;
	while (e->count < e->top + EVENT_CANDIDATES_SPARED && (p = world__largest_held_back(w)))
		world__list(e, p);
	if (e->scored - e->unkillable > e->top)
		e->h.flags |= CANDIDATES_SUMMED;
}

/* Kills who has the most points, and perhaps others with it, as memory.oom.group does. */
static inline void world__kill(struct world *w, struct process *chosen)
{
	bool group = !(rand() % 5);

	for (size_t i = 0; i < w->count; i++) {
		struct process *p = &w->processes[i];

		p->killed = chosen &&
			    (p == chosen || (group && p->adj != -1000 && !p->skipped && rand() % 2));
		w->killed += p->killed;
	}
	w->victims_lost = chosen && !(rand() % 10);
}

static inline void world__make(struct world *w)
{
	static const struct model_env env = { .page_size = PAGE };
	struct event_oom run = { .outcome = OOM_NO_VICTIM };
	struct cgroup_chain_set cgroups = {};
	bool swap = !(rand() % 3), plain = rand() % 2;
	struct process *chosen;

	*w = (struct world){ .count = 1 + world__any(PROCESSES_MAX - 1),
			     .totalpages = 20000 + world__any(100000) };
	for (size_t i = 0; i < w->count; i++) {
		world__make_process(w, &w->processes[i], swap, plain);
		w->usage += w->processes[i].anon + w->processes[i].tables;
		w->shmem += world__any(w->processes[i].shmem);
		w->swap += w->processes[i].swap;
	}
	w->shmem += rand() % 3 ? 0 : world__any(20000);
	w->usage += w->shmem;
	chosen = world__most_points(w);
	run.totalpages = w->totalpages;
	run.outcome = chosen ? OOM_KILLED : OOM_NO_VICTIM;
	run.chosen_pid = chosen ? chosen->pid : 0;
	world__kill(w, chosen);
	world__send(w);
	candidates__fill(&w->candidates, &w->event, &run, &cgroups, &env);
}

static inline struct process *world__find(struct world *w, uint32_t pid)
{
	return pid >= 100 && pid < 100 + w->count ? &w->processes[pid - 100] : NULL;
}

#endif
