// SPDX-License-Identifier: GPL-2.0-only
#include "model/relief.h"

#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "model/cgroup_chain.h"
#include "record/time.h"

#define VICTIMS_MAX 256

struct relief_victim {
	uint64_t oom_id; /* 0: free */
	uint64_t limit_id;
	uint64_t killed_ns;
	uint64_t back_ns;    /* 0: not yet */
	uint64_t bytes;	     /* that come back when it exits: files and shared memory may stay */
	uint64_t most_bytes; /* that can come back: shared memory that nobody else has goes with it */
	uint64_t max_bytes;  /* the limit when it was killed; 0: unknown */
	uint32_t pid;
	bool overlaps; /* the memory of one before wasn't back when it was killed, or just so */
	bool needless;
	char *limit; /* the path; NULL: unknown */
};

struct relief {
	const struct model_env *env;
	struct relief_victim victims[VICTIMS_MAX]; /* a ring */
	size_t next;
};

struct relief *relief__new(const struct model_env *env)
{
	struct relief *relief = calloc(1, sizeof(*relief));

	if (relief)
		relief->env = env;
	return relief;
}

void relief__free(struct relief *relief)
{
	if (!relief)
		return;
	for (size_t i = 0; i < VICTIMS_MAX; i++)
		free(relief->victims[i].limit);
	free(relief);
}

static struct relief_victim *find(struct relief *relief, uint64_t oom_id, uint32_t pid)
{
	for (size_t i = 0; i < VICTIMS_MAX; i++) {
		if (relief->victims[i].oom_id == oom_id && relief->victims[i].pid == pid)
			return &relief->victims[i];
	}
	return NULL;
}

static bool is_in_flight(const struct relief_victim *v, uint64_t limit_id, uint64_t at_ns)
{
	return v->oom_id && v->limit_id == limit_id && v->killed_ns <= at_ns &&
	       at_ns - v->killed_ns < EVENT_RELIEF_WITHIN_NS && (!v->back_ns || v->back_ns > at_ns);
}

/*
 * A write of a limit kills until usage is below it. Where usage was below when the victim was chosen, memory had come back
 * between the kernel's last look and the choice, and nothing was on its way any more.
 */
static bool came_too_late(const struct record_oom *oom)
{
	return oom->cause == CAUSE_INSIDE_WRITE && oom->limit && oom->limit->has_memory &&
	       oom->limit->usage_bytes <= oom->limit->max_bytes;
}

void relief__killed(struct relief *relief, struct record_oom *oom, uint64_t chosen_ns, uint64_t limit_id)
{
	const struct model_env *env = relief->env;
	uint64_t decided_ns = oom->started_ns ? oom->started_ns : chosen_ns;
	uint64_t since_ns = env->relief_since_ns ? env->relief_since_ns(env->ctx) : 0;

	for (size_t i = 0; i < VICTIMS_MAX; i++) {
		const struct relief_victim *v = &relief->victims[i];

		if (!is_in_flight(v, limit_id, decided_ns))
			continue;
		oom->in_flight_victims++;
		oom->in_flight_bytes += v->bytes;
	}
	for (size_t i = 0; i < oom->victim_count; i++) {
		const struct record_victim *from = &oom->victims[i];
		struct relief_victim *v = &relief->victims[relief->next];

		if (from->role == ROLE_EXITING || from->role == ROLE_SHARES_MM || from->repeated)
			continue;
		/* Nobody may have seen that its memory came back. */
		if (from->ts_ns < since_ns)
			continue;
		relief->next = (relief->next + 1) % VICTIMS_MAX;
		free(v->limit);
		*v = (struct relief_victim){
			.oom_id = oom->id,
			.limit_id = limit_id,
			.killed_ns = from->ts_ns,
			.bytes = from->anon_rss_bytes + from->pgtables_bytes,
			.most_bytes = from->anon_rss_bytes + from->file_rss_bytes + from->shmem_rss_bytes +
				      from->pgtables_bytes,
			.max_bytes = oom->limit && oom->limit->has_memory ? oom->limit->max_bytes : 0,
			.pid = from->pid,
			.overlaps = oom->in_flight_victims || came_too_late(oom),
			.limit = oom->limit && oom->limit->path ? strdup(oom->limit->path) : NULL,
		};
	}
}

/* Whether the memory of all that were killed at a limit before so long is back. */
static bool all_back(const struct relief *relief, uint64_t limit_id, uint64_t until_ns)
{
	for (size_t i = 0; i < VICTIMS_MAX; i++) {
		const struct relief_victim *v = &relief->victims[i];

		if (v->oom_id && v->limit_id == limit_id && v->killed_ns <= until_ns && !v->back_ns)
			return false;
	}
	return true;
}

/* Whether there would be room for what it had, at the limit of its kill and at the one that there is now. */
static bool fits(const struct relief_victim *v, uint64_t used_bytes, uint64_t max_bytes)
{
	uint64_t max = v->max_bytes < max_bytes ? v->max_bytes : max_bytes;

	return used_bytes <= max && v->most_bytes <= max - used_bytes;
}

/*
 * With the memory of all of them back, a kill that came before that was not needed if what it took would fit beside
 * the usage that is left. What others have charged meanwhile is in that usage, and so is what of its memory hasn't come
 * back. The limit may have been raised since: then what counts is the one that it was killed at.
 */
static void find_needless(struct relief *relief, struct record_relief *r, uint64_t limit_id)
{
	uint64_t used = r->usage_after_bytes;

	if (r->max_bytes == RECORD_NO_LIMIT)
		return;
	/* The latest first: without it the others may have been. */
	for (size_t n = 1; n <= VICTIMS_MAX; n++) {
		struct relief_victim *v = &relief->victims[(relief->next + VICTIMS_MAX - n) % VICTIMS_MAX];

		if (!v->oom_id || v->limit_id != limit_id || !v->overlaps || v->needless ||
		    !all_back(relief, limit_id, v->killed_ns) || !fits(v, used, r->max_bytes))
			continue;
		used += v->most_bytes;
		v->needless = true;
		r->needless_kills++;
		r->needless_bytes += v->most_bytes;
	}
	/* An older one is no news any more: by now others have freed what there is. */
	for (size_t i = 0; i < VICTIMS_MAX; i++) {
		struct relief_victim *v = &relief->victims[i];

		if (v->oom_id && v->limit_id == limit_id && all_back(relief, limit_id, v->killed_ns))
			v->overlaps = false;
	}
}

static uint64_t count_since(const struct relief *relief, const struct relief_victim *victim,
			    uint64_t until_ns)
{
	uint64_t count = 0;

	for (size_t i = 0; i < VICTIMS_MAX; i++) {
		const struct relief_victim *v = &relief->victims[i];

		count += v->oom_id && v->limit_id == victim->limit_id && v->oom_id > victim->oom_id &&
			 v->killed_ns < until_ns;
	}
	return count;
}

void relief__event(struct relief *relief, const struct event_relief *e, int64_t wall_offset_ns)
{
	struct relief_victim *v = find(relief, e->oom_id, e->pid);
	struct record record = {
		.kind = RECORD_RELIEF,
		.time = record_time__at(e->h.ts_ns, wall_offset_ns),
		.relief = {
			.live = true,
			.oom_id = e->oom_id,
			.pid = e->pid,
			.comm = e->comm,
			.by_exit = e->by == RELIEF_EXIT,
			.since_kill_ns = e->h.ts_ns > e->marked_ns ? e->h.ts_ns - e->marked_ns : 0,
			.has_usage = e->h.flags & RELIEF_HAS_USAGE,
		},
	};
	struct record_relief *r = &record.relief;

	if (r->has_usage) {
		r->usage_before_bytes = e->usage_before_pages * relief->env->page_size;
		r->usage_after_bytes = e->usage_after_pages * relief->env->page_size;
		r->max_bytes = cgroup_chain__limit_bytes(e->max_pages, relief->env->page_size);
	}
	if (v) {
		r->cgroup = v->limit;
		r->container = model_env__container(relief->env, v->limit);
		r->kills_meanwhile = count_since(relief, v, e->h.ts_ns);
		if (!v->back_ns)
			v->back_ns = e->h.ts_ns;
		if (r->has_usage)
			find_needless(relief, r, v->limit_id);
	}
	model_env__tell(relief->env, &record);
}
