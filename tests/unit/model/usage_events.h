/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of usage share: events of one cgroup, and what was told last of each kind. */
#ifndef USAGE_EVENTS_H
#define USAGE_EVENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"

size_t __sanitizer_get_current_allocated_bytes(void); /* of the sanitizer that tests are built with */

#define PAGE 4096
#define MIB_PAGES 256ULL
#define MIB (1024ULL * 1024)
#define MS 1000000ULL
#define S (1000 * MS)
#define WALL_OFFSET 1000000000000
#define UNLIMITED ((uint64_t)INT64_MAX / PAGE)

enum { ROOT = 1, PARENT = 10, LEAF = 100, STRANGER = 500 };

/* What was told last of each kind; texts are copied, since they are valid during the call only. */
struct told {
	struct model *model;
	struct record_time time; /* of the last record */
	struct record_usage usage;
	struct record_reclaim reclaim;
	struct record_stall stall;
	struct record_oom oom;
	struct record_history history;
	struct record_memory memory;
	struct record_point points[1024];
	struct record_level levels[EVENT_CGROUP_LEVELS];
	size_t usages, reclaims, stalls, ooms;
	char cgroup[256], refused_by[256], history_cgroup[256];
	char order[16]; /* of stalls and OOMs */
	uint64_t asked_path[16];
	size_t asked;
};

static inline void set(char *to, const char *text)
{
	snprintf(to, 256, "%s", text ? text : "(unknown)");
}

static inline void on_usage(struct told *t, const struct record_usage *usage)
{
	t->usages++;
	t->usage = *usage;
	set(t->cgroup, usage->cgroup);
	set(t->refused_by, usage->refused_by);
	for (size_t i = 0; i < usage->chain_count; i++)
		t->levels[i] = usage->chain[i];
}

static inline void on_reclaim(struct told *t, const struct record_reclaim *reclaim)
{
	t->reclaims++;
	t->reclaim = *reclaim;
	set(t->cgroup, reclaim->cgroup);
}

static inline void on_stall(struct told *t, const struct record_stall *stall)
{
	t->stalls++;
	t->stall = *stall;
	set(t->cgroup, stall->cgroup);
	strcat(t->order, "s");
}

static inline void on_oom(struct told *t, const struct record_oom *oom)
{
	t->ooms++;
	t->oom = *oom;
	strcat(t->order, "o");
	if (oom->memory)
		t->memory = *oom->memory;
	if (!oom->history)
		return;
	t->history = *oom->history;
	set(t->history_cgroup, oom->history->cgroup);
	memcpy(t->points, t->history.points, t->history.count * sizeof(*t->points));
}

static inline void on_record(void *ctx, const struct record *record)
{
	struct told *t = ctx;

	if (record->kind == RECORD_USAGE)
		on_usage(t, &record->usage);
	else if (record->kind == RECORD_RECLAIM)
		on_reclaim(t, &record->reclaim);
	else if (record->kind == RECORD_STALL)
		on_stall(t, &record->stall);
	else if (record->kind == RECORD_OOM)
		on_oom(t, &record->oom);
	t->time = record->time;
}

static inline bool find_path(void *ctx, uint64_t id, char *path, size_t size)
{
	struct told *t = ctx;

	if (t->asked < 16)
		t->asked_path[t->asked] = id;
	t->asked++;
	if (id == STRANGER)
		return false;
	snprintf(path, size, "/asked/%d", (int)id);
	return true;
}

static inline void start(struct told *t)
{
	struct model_env env = {
		.ctx = t,
		.page_size = PAGE,
		.on_record = on_record,
		.cgroup_path = find_path,
	};

	memset(t, 0, sizeof(*t));
	t->model = model__new(&env);
	assert_non_null(t->model);
}

static inline void send(struct told *t, union event e)
{
	assert_int_equal(model__event(t->model, &e, WALL_OFFSET), 0);
}

static inline union event blank(enum event_kind kind, uint64_t group, uint64_t ts_ns)
{
	union event e;

	memset(&e, 0, sizeof(e));
	e.h.kind = (uint16_t)kind;
	e.h.group = group;
	e.h.ts_ns = ts_ns;
	return e;
}

static inline void send_level(struct told *t, uint64_t group, uint64_t id, uint64_t parent, const char *name)
{
	union event e = blank(EVENT_CGROUP, group, 1);

	e.h.flags = id == ROOT ? 0 : CGROUP_HAS_MEMORY;
	e.cgroup.id = id;
	e.cgroup.parent_id = parent;
	e.cgroup.usage_pages = 60 * MIB_PAGES;
	e.cgroup.max_pages = 64 * MIB_PAGES;
	e.cgroup.high_pages = UNLIMITED;
	snprintf(e.cgroup.name, sizeof(e.cgroup.name), "%s", name);
	send(t, e);
}

static inline void send_chain(struct told *t, uint64_t group)
{
	send_level(t, group, LEAF, PARENT, "leaf");
	send_level(t, group, PARENT, ROOT, "parent");
	send_level(t, group, ROOT, 0, "");
}

static inline union event usage(uint64_t ts_ns, uint64_t id, uint64_t mib)
{
	union event e = blank(EVENT_USAGE, 0, ts_ns);

	e.usage.cgroup_id = id;
	e.usage.usage_pages = mib * MIB_PAGES;
	e.usage.max_pages = 64 * MIB_PAGES;
	e.usage.high_pages = UNLIMITED;
	e.usage.pid = 42;
	strcpy(e.usage.comm, "hog");
	return e;
}

static inline union event refusal(uint64_t group, uint64_t ts_ns, uint64_t refused_by, uint64_t count)
{
	union event e = usage(ts_ns, LEAF, 60);

	e.h.group = group;
	e.h.flags = USAGE_REFUSED;
	e.usage.refused_by = refused_by;
	e.usage.refusals = count;
	e.usage.asked_pages = 64;
	return e;
}

static inline union event reclaim(uint64_t ts_ns, uint64_t since_ns, uint64_t duration_ns)
{
	union event e = blank(EVENT_RECLAIM, 0, ts_ns);

	e.reclaim.cgroup_id = LEAF;
	e.reclaim.since_ns = since_ns;
	e.reclaim.duration_ns = duration_ns;
	e.reclaim.longest_ns = duration_ns;
	e.reclaim.pages = 5;
	e.reclaim.kind = RECLAIM_LIMIT;
	e.reclaim.runs = 3;
	return e;
}

static inline void send_kill(struct told *t, uint64_t ts_ns, uint64_t limit_id, uint64_t leaf)
{
	union event e = blank(EVENT_OOM, 1, ts_ns);

	send_chain(t, 1);
	e.oom.started_ns = ts_ns - 1;
	e.oom.limit_cgroup_id = limit_id;
	e.oom.trigger_cgroup_id = leaf;
	e.oom.outcome = OOM_KILLED;
	e.oom.constraint = 3;
	send(t, e);
	e = blank(EVENT_VICTIM, 1, ts_ns);
	e.victim.cgroup_id = leaf;
	e.victim.pid = 42;
	e.victim.cmdline_len = 1;
	e.victim.cmdline[0] = 'x';
	send(t, e);
	e = blank(EVENT_OOM_END, 1, ts_ns + MS);
	e.oom_end.victims = e.oom_end.killed = 1;
	send(t, e);
}

#endif
