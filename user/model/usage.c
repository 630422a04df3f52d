// SPDX-License-Identifier: GPL-2.0-only
#include "model/usage.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/lru.h"
#include "model/cgroup_chain.h"
#include "model/flight_recorder.h"
#include "model/stall.h"
#include "record/memory_kinds.h"
#include "record/time.h"

#define SAME_CLIMB_NS 100000000
#define CLIMBS_MAX 32

/* A usage event has but a cgroup's id: the names that go with the latest ids. */
struct paths {
	struct lru lru;
	char *texts[LRU_SLOTS]; /* NULL: not known yet */
};

struct usage {
	const struct model_env *env;
	struct flight_recorder *recorder;
	struct stall *stall;
	struct cgroup_chain_pending charges;
	struct paths paths;
	int64_t wall_offset_ns; /* of the latest event */
	struct {
		uint64_t cgroup_id, ts_ns;
	} climbs[CLIMBS_MAX]; /* the cgroups that passed the mark last, a ring */
	size_t next_climb;
};

struct usage *usage__new(const struct model_env *env)
{
	struct usage *usage = calloc(1, sizeof(*usage));

	if (!usage)
		return NULL;
	usage->env = env;
	usage->recorder = flight_recorder__new(env->only_history ? &recorder_of_all : &recorder_of_target);
	usage->stall = stall__new();
	if (usage->recorder && usage->stall)
		return usage;
	usage__free(usage);
	return NULL;
}

void usage__free(struct usage *usage)
{
	if (!usage)
		return;
	flight_recorder__free(usage->recorder);
	stall__free(usage->stall);
	cgroup_chain__free_pending(&usage->charges);
	for (size_t i = 0; i < LRU_SLOTS; i++)
		free(usage->paths.texts[i]);
	free(usage);
}

/* The path of a cgroup: from the chain that came with the event (or NULL), from before, or asked for. */
static const char *path_of(struct usage *usage, uint64_t id, struct cgroup_chain_set *chain)
{
	const char *told = chain ? cgroup_chain__path(chain, id) : NULL;
	char path[PATH_MAX];
	bool fresh;
	char **text;

	if (!id)
		return NULL;
	text = &usage->paths.texts[lru__take(&usage->paths.lru, id, &fresh)];
	if (fresh || (told && *text && strcmp(told, *text))) {
		free(*text);
		*text = NULL;
	}
	if (!*text && !told && usage->env->cgroup_path &&
	    usage->env->cgroup_path(usage->env->ctx, id, path, sizeof(path)))
		told = path;
	if (!*text && told)
		*text = strdup(told);
	return *text;
}

const char *usage__path(struct usage *usage, uint64_t cgroup_id)
{
	return path_of(usage, cgroup_id, NULL);
}

static void tell_stall(struct usage *usage, struct record *record)
{
	struct record_stall *stall = &record->stall;

	record->time = record_time__at(record->time.boot_ns, usage->wall_offset_ns);
	stall->cgroup = path_of(usage, stall->cgroup_id, NULL);
	stall->container = model_env__container(usage->env, stall->cgroup);
	model_env__tell(usage->env, record);
}

static struct record_memory_kinds kinds_of(const struct event_usage *e)
{
	struct record_memory_kinds kinds = { .exact = !!(e->h.flags & USAGE_KINDS_EXACT) };

	if (e->h.flags & USAGE_HAS_KERNEL)
		memory_kinds__set_kernel(&kinds, e->kernel_bytes, e->h.flags & USAGE_KERNEL_LEAST);
	if (e->h.flags & USAGE_HAS_SOCK)
		memory_kinds__set_sock(&kinds, e->sock_bytes);
	return kinds;
}

static void tell_usage(struct usage *usage, const struct event_usage *e, struct cgroup_chain_set *chain)
{
	struct record_level levels[EVENT_CGROUP_LEVELS];
	uint32_t page = usage->env->page_size;
	struct record record = {
		.kind = RECORD_USAGE,
		.time = record_time__at(e->h.ts_ns, usage->wall_offset_ns),
	};
	struct record_usage *r = &record.usage;

	*r = (struct record_usage){
		.cgroup_id = e->cgroup_id,
		.usage_bytes = e->usage_pages * page,
		.max_bytes = cgroup_chain__limit_bytes(e->max_pages, page),
		.high_bytes = cgroup_chain__limit_bytes(e->high_pages, page),
		.kinds = kinds_of(e),
		.pid = e->pid,
		.comm = e->comm,
	};
	if (e->h.flags & USAGE_REFUSED) {
		r->failed = e->refusals ? e->refusals : 1;
		r->asked_bytes = (uint64_t)e->asked_pages * page;
		r->refused_by = path_of(usage, e->refused_by, chain);
		r->chain = levels;
		if (chain)
			r->chain_count = cgroup_chain__fill(chain, e->cgroup_id, e->refused_by, page, levels);
	}
	r->cgroup = path_of(usage, e->cgroup_id, chain);
	r->container = model_env__container(usage->env, r->cgroup);
	model_env__tell(usage->env, &record);
}

/* Two CPUs may have passed the mark at once. */
static bool is_same_climb(struct usage *usage, const struct event_usage *e)
{
	for (size_t i = 0; i < CLIMBS_MAX; i++) {
		if (usage->climbs[i].cgroup_id == e->cgroup_id &&
		    e->h.ts_ns < usage->climbs[i].ts_ns + SAME_CLIMB_NS)
			return true;
	}
	usage->climbs[usage->next_climb].cgroup_id = e->cgroup_id;
	usage->climbs[usage->next_climb++ % CLIMBS_MAX].ts_ns = e->h.ts_ns;
	usage->next_climb %= CLIMBS_MAX;
	return false;
}

static void tell_near(struct usage *usage, const struct event_usage *e, struct cgroup_chain_set *chain)
{
	uint32_t page = usage->env->page_size;
	struct record record = {
		.kind = RECORD_NEAR_LIMIT,
		.time = record_time__at(e->h.ts_ns, usage->wall_offset_ns),
		.near_limit = {
			.cgroup_id = e->cgroup_id,
			.cgroup = path_of(usage, e->cgroup_id, chain),
			.usage_bytes = e->usage_pages * page,
			.max_bytes = cgroup_chain__limit_bytes(e->max_pages, page),
			.percent = usage->env->near_percent,
			.pid = e->pid,
			.comm = e->pid ? e->comm : NULL,
		},
	};

	record.near_limit.container = model_env__container(usage->env, record.near_limit.cgroup);
	if (!is_same_climb(usage, e))
		model_env__tell(usage->env, &record);
}

static int handle_usage(struct usage *usage, const struct event_usage *e, struct cgroup_chain_set *chain)
{
	uint32_t page = usage->env->page_size;
	struct record_point point = {
		.ts_ns = e->h.ts_ns,
		.usage_bytes = e->usage_pages * page,
		.max_bytes = cgroup_chain__limit_bytes(e->max_pages, page),
		.kinds = kinds_of(e),
	};
	int err = flight_recorder__point(usage->recorder, e->cgroup_id, &point);

	stall__usage(usage->stall, e->cgroup_id, point.usage_bytes, point.max_bytes,
		     cgroup_chain__limit_bytes(e->high_pages, page));
	if (e->h.flags & USAGE_REFUSED) {
		uint64_t count = e->refusals ? e->refusals : 1;

		stall__refused(usage->stall, e->cgroup_id, count);
		if (!err)
			err = flight_recorder__refused(usage->recorder, e->cgroup_id, e->h.ts_ns, count);
	}
	if (e->h.flags & USAGE_NEAR)
		tell_near(usage, e, chain);
	if (!usage->env->only_history)
		tell_usage(usage, e, chain);
	else if (chain) /* a stall has but the id */
		path_of(usage, e->cgroup_id, chain);
	return err;
}

static int handle_reclaim(struct usage *usage, const struct event_reclaim *e)
{
	struct record stall, record = {
		.kind = RECORD_RECLAIM,
		.time = record_time__at(e->h.ts_ns, usage->wall_offset_ns),
	};
	struct record_reclaim *r = &record.reclaim;
	int err;

	*r = (struct record_reclaim){
		.kind = e->kind,
		.cgroup_id = e->cgroup_id,
		.since_ns = e->since_ns,
		.sum = {
			.runs = e->runs,
			.duration_ns = e->duration_ns,
			.longest_ns = e->longest_ns,
			.reclaimed_bytes = e->pages * usage->env->page_size,
		},
	};
	err = flight_recorder__reclaim(usage->recorder, e->cgroup_id, e->h.ts_ns, e->kind, &r->sum);
	if (!usage->env->only_history) {
		r->cgroup = path_of(usage, e->cgroup_id, NULL);
		r->container = model_env__container(usage->env, r->cgroup);
		model_env__tell(usage->env, &record);
	}
	if (stall__reclaim(usage->stall, e->cgroup_id, e->h.ts_ns, e->since_ns, e->duration_ns, &stall))
		tell_stall(usage, &stall);
	return err;
}

int usage__event(struct usage *usage, const union event *event, int64_t wall_offset_ns)
{
	uint64_t group = event->h.group & GROUP_CHARGE ? event->h.group : 0;
	struct cgroup_chain_set *chain = NULL;
	int err = 0;

	usage->wall_offset_ns = wall_offset_ns;
	if (event->h.kind == EVENT_RECLAIM)
		return handle_reclaim(usage, &event->reclaim);
	if (group)
		chain = cgroup_chain__pending(&usage->charges, group);
	if (event->h.kind == EVENT_CGROUP)
		return chain ? cgroup_chain__add(chain, &event->cgroup) : 0;
	if (event->h.kind == EVENT_USAGE)
		err = handle_usage(usage, &event->usage, chain);
	if (group)
		cgroup_chain__done(&usage->charges, group);
	return err;
}

uint64_t usage__given_up(const struct usage *usage)
{
	return flight_recorder__given_up(usage->recorder);
}

bool usage__curve(struct usage *usage, uint64_t cgroup_id, uint64_t boot_ns, struct record_history *out)
{
	return flight_recorder__history(usage->recorder, cgroup_id, boot_ns, out);
}

/* Whose history says most about an OOM: the limit's or, going up, that of the first victim. */
static const struct record_level *recorded(const struct usage *usage, const struct record_oom *oom)
{
	if (oom->limit && flight_recorder__has(usage->recorder, oom->limit->id))
		return oom->limit;
	for (size_t i = 0; i < oom->chain_count; i++) {
		if (flight_recorder__has(usage->recorder, oom->chain[i].id))
			return &oom->chain[i];
	}
	return NULL;
}

/* What the memory at the limit was says it, too. */
static struct record_memory_kinds kinds_at(const struct record_memory *memory)
{
	struct record_memory_kinds kinds = { .exact = memory->exact };

	if (memory->known & 1u << MEMORY_KERNEL)
		memory_kinds__set_kernel(&kinds, memory->bytes[MEMORY_KERNEL], false);
	if (memory->known & 1u << MEMORY_SOCK)
		memory_kinds__set_sock(&kinds, memory->bytes[MEMORY_SOCK]);
	return kinds;
}

bool usage__history(struct usage *usage, const struct record *record, struct record_history *out)
{
	const struct record_oom *oom = &record->oom;
	const struct record_level *level = recorded(usage, oom);
	struct record_point kill;

	if (!level)
		return false;
	/* Without memory it is the curve up to the last event before. */
	kill = (struct record_point){
		.ts_ns = record->time.boot_ns,
		.usage_bytes = level->usage_bytes,
		.max_bytes = level->max_bytes,
	};
	if (oom->memory && oom->limit && oom->limit->id == level->id)
		kill.kinds = kinds_at(oom->memory);
	if (level->has_memory)
		flight_recorder__point(usage->recorder, level->id, &kill);
	if (!flight_recorder__history(usage->recorder, level->id, record->time.boot_ns, out))
		return false;
	out->cgroup = level->path;
	return true;
}

static void end_stall(struct usage *usage, uint64_t cgroup_id)
{
	struct record stall;

	if (stall__kill(usage->stall, cgroup_id, &stall))
		tell_stall(usage, &stall);
}

void usage__killed(struct usage *usage, const struct record_oom *oom)
{
	if (oom->limit)
		end_stall(usage, oom->limit->id);
	for (size_t i = 0; i < oom->chain_count; i++)
		end_stall(usage, oom->chain[i].id);
}

void usage__expire(struct usage *usage, uint64_t boot_ns)
{
	struct record stall;

	while (stall__expire(usage->stall, boot_ns, &stall))
		tell_stall(usage, &stall);
}
