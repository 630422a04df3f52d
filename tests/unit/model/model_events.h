/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the model share: the events that the kernel side sends, and the records that come of them. */
#ifndef MODEL_EVENTS_H
#define MODEL_EVENTS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"

#define PAGE 4096
#define WALL_OFFSET 1000000000000
#define UNLIMITED ((uint64_t)INT64_MAX / PAGE) /* PAGE_COUNTER_MAX */
#define DOCKER_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DOCKER_NAME "docker-" DOCKER_ID ".scope"
#define DOCKER_PATH "/system.slice/" DOCKER_NAME
#define STRINGS_MAX 65536
#define RECORDS_MAX 64

enum { ROOT_ID = 1, SLICE_ID = 10, DOCKER_CGROUP_ID = 100, SSH_ID = 200 };

/* What the model handed over, kept beyond the call. */
struct kept {
	struct record_oom ooms[RECORDS_MAX];
	struct record_exit exits[RECORDS_MAX];
	struct record_limit limits[RECORDS_MAX];
	struct record_sigkill sigkills[RECORDS_MAX];
	struct record_time oom_times[RECORDS_MAX], exit_times[RECORDS_MAX], limit_times[RECORDS_MAX];
	size_t oom_count, exit_count, limit_count, sigkill_count, relief_count, user_kill_count;
	void *owned[STRINGS_MAX];
	size_t owned_count;
	struct model *model;
	uint64_t now_ns;
	int cmdline_calls;
};

static inline void *own(struct kept *kept, void *memory)
{
	assert_non_null(memory);
	assert_true(kept->owned_count < STRINGS_MAX);
	kept->owned[kept->owned_count++] = memory;
	return memory;
}

static inline const char *keep_text(struct kept *kept, const char *text)
{
	return text ? own(kept, strdup(text)) : NULL;
}

static inline void *keep_bytes(struct kept *kept, const void *bytes, size_t size)
{
	return memcpy(own(kept, malloc(size + 1)), bytes, size);
}

static inline struct record_level *keep_levels(struct kept *kept, const struct record_level *levels,
					       size_t count)
{
	struct record_level *copy = keep_bytes(kept, levels, count * sizeof(*levels));

	for (size_t i = 0; i < count; i++)
		copy[i].path = keep_text(kept, copy[i].path);
	return copy;
}

static inline void keep_oom(struct kept *kept, const struct record_oom *oom)
{
	struct record_oom *r = &kept->ooms[kept->oom_count++];
	struct record_victim *victims;

	assert_true(kept->oom_count <= RECORDS_MAX);
	*r = *oom;
	r->constraint = keep_text(kept, r->constraint);
	r->trigger_comm = keep_text(kept, r->trigger_comm);
	r->trigger_cgroup = keep_text(kept, r->trigger_cgroup);
	if (r->limit)
		r->limit = keep_levels(kept, r->limit, 1);
	r->chain = keep_levels(kept, r->chain, r->chain_count);
	victims = keep_bytes(kept, r->victims, r->victim_count * sizeof(*victims));
	for (size_t i = 0; i < r->victim_count; i++) {
		victims[i].comm = keep_text(kept, victims[i].comm);
		victims[i].cgroup = keep_text(kept, victims[i].cgroup);
		victims[i].container.name = keep_text(kept, victims[i].container.name);
		if (victims[i].cmdline)
			victims[i].cmdline = keep_bytes(kept, victims[i].cmdline, victims[i].cmdline_len);
	}
	r->victims = victims;
}

static inline void keep_exit(struct kept *kept, const struct record_exit *exit_record)
{
	struct record_exit *r = &kept->exits[kept->exit_count++];

	assert_true(kept->exit_count <= RECORDS_MAX);
	*r = *exit_record;
	r->comm = keep_text(kept, r->comm);
	r->cgroup = keep_text(kept, r->cgroup);
	r->stop.comm = keep_text(kept, r->stop.comm);
}

static inline void keep_limit(struct kept *kept, const struct record_limit *limit)
{
	struct record_limit *r = &kept->limits[kept->limit_count++];

	assert_true(kept->limit_count <= RECORDS_MAX);
	*r = *limit;
	r->cgroup = keep_text(kept, r->cgroup);
	r->writer_comm = keep_text(kept, r->writer_comm);
	r->writer_cgroup = keep_text(kept, r->writer_cgroup);
}

static inline void keep_sigkill(struct kept *kept, const struct record_sigkill *sigkill)
{
	struct record_sigkill *r = &kept->sigkills[kept->sigkill_count++];
	struct record_killer_copy *killer = own(kept, calloc(1, sizeof(*killer)));

	assert_true(kept->sigkill_count <= RECORDS_MAX);
	*r = *sigkill;
	r->comm = keep_text(kept, r->comm);
	r->cgroup = keep_text(kept, r->cgroup);
	r->container.name = keep_text(kept, r->container.name);
	record_killer__copy(killer, &sigkill->killer);
	r->killer = killer->killer;
}

static inline void on_record(void *ctx, const struct record *record)
{
	struct kept *kept = ctx;

	if (record->kind == RECORD_OOM) {
		kept->oom_times[kept->oom_count] = record->time;
		keep_oom(kept, &record->oom);
	} else if (record->kind == RECORD_EXIT) {
		kept->exit_times[kept->exit_count] = record->time;
		keep_exit(kept, &record->exit);
	} else if (record->kind == RECORD_LIMIT) {
		kept->limit_times[kept->limit_count] = record->time;
		keep_limit(kept, &record->limit);
	} else if (record->kind == RECORD_RELIEF) {
		kept->relief_count++;
	} else if (record->kind == RECORD_SIGKILL) {
		keep_sigkill(kept, &record->sigkill);
	} else if (record->kind == RECORD_USER_KILL) {
		kept->user_kill_count++;
	}
}

/* The way is the number of frames. */
static inline enum record_kill_way find_kill_way(void *ctx, const __u64 *frames, size_t count)
{
	(void)ctx;
	(void)frames;
	return (enum record_kill_way)count;
}

static inline bool find_path(void *ctx, uint64_t cgroup_id, char *path, size_t size)
{
	(void)ctx;
	return cgroup_id == DOCKER_CGROUP_ID && snprintf(path, size, "%s", DOCKER_PATH) < (int)size;
}

static inline int find_cmdline(void *ctx, const struct event_victim *victim, struct cmdline_entry *out,
			       const char **source)
{
	struct kept *kept = ctx;

	kept->cmdline_calls++;
	if (victim->pid == 404)
		return -ENOENT;
	memset(out, 0, sizeof(*out));
	out->len = 5;
	memcpy(out->bytes, "a\0bc", 5);
	*source = "earlier";
	return 0;
}

static inline const char *find_name(void *ctx, const struct container_ref *ref)
{
	(void)ctx;
	return strcmp(ref->id, DOCKER_ID) ? NULL : "web";
}

static inline uint64_t relief_since_start(void *ctx)
{
	(void)ctx;
	return 0;
}

static inline struct kept *start_with(uint32_t init_pid, uint32_t self_pid)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct model_env env = {
		.ctx = kept,
		.page_size = PAGE,
		.on_record = on_record,
		.cgroup_path = find_path,
		.cmdline = find_cmdline,
		.container_name = find_name,
		.kill_way = find_kill_way,
		.init_pid = init_pid,
		.self_pid = self_pid,
		.sees_writes = true,
		.relief_since_ns = relief_since_start,
	};

	assert_non_null(kept);
	kept->model = model__new(&env);
	assert_non_null(kept->model);
	kept->now_ns = 5000;
	return kept;
}

static inline struct kept *start(void)
{
	return start_with(0, 0);
}

static inline void stop(struct kept *kept)
{
	model__free(kept->model);
	while (kept->owned_count)
		free(kept->owned[--kept->owned_count]);
	free(kept);
}

/* ---- events ---- */

static inline union event blank(enum event_kind kind, uint64_t group)
{
	union event event;

	memset(&event, 0, sizeof(event));
	event.h.kind = (uint16_t)kind;
	event.h.group = group;
	return event;
}

static inline void send(struct kept *kept, union event event)
{
	event.h.ts_ns = kept->now_ns += 1000;
	assert_int_equal(model__event(kept->model, &event, WALL_OFFSET), 0);
}

static inline union event cgroup(uint64_t group, uint64_t id, uint64_t parent_id, const char *name)
{
	union event e = blank(EVENT_CGROUP, group);

	e.h.flags = CGROUP_HAS_MEMORY | CGROUP_HAS_SWAP;
	e.cgroup.id = id;
	e.cgroup.parent_id = parent_id;
	e.cgroup.usage_pages = 100 + id;
	e.cgroup.max_pages = id == DOCKER_CGROUP_ID ? 128 : id == SLICE_ID ? 512 : UNLIMITED;
	e.cgroup.high_pages = UNLIMITED;
	e.cgroup.peak_pages = 1000;
	e.cgroup.swap_usage_pages = 3;
	e.cgroup.swap_max_pages = UNLIMITED - 1;
	snprintf(e.cgroup.name, sizeof(e.cgroup.name), "%s", name);
	return e;
}

static inline union event docker_level(uint64_t group)
{
	return cgroup(group, DOCKER_CGROUP_ID, SLICE_ID, DOCKER_NAME);
}

static inline union event slice_level(uint64_t group)
{
	return cgroup(group, SLICE_ID, ROOT_ID, "system.slice");
}

/* The root has no parent and no figures. */
static inline union event root_level(uint64_t group)
{
	union event e = cgroup(group, ROOT_ID, 0, "");

	e.h.flags = 0;
	return e;
}

static inline void send_chain(struct kept *kept, uint64_t group)
{
	send(kept, docker_level(group));
	send(kept, slice_level(group));
	send(kept, root_level(group));
}

static inline union event oom(uint64_t group, uint32_t chosen_pid)
{
	union event e = blank(EVENT_OOM, group);

	e.oom.started_ns = 4000;
	e.oom.limit_cgroup_id = DOCKER_CGROUP_ID;
	e.oom.trigger_cgroup_id = DOCKER_CGROUP_ID;
	e.oom.totalpages = 128;
	e.oom.chosen_points = 77;
	e.oom.outcome = OOM_KILLED;
	e.oom.constraint = 3;
	e.oom.gfp_mask = 0xcc0;
	e.oom.trigger_pid = 50;
	e.oom.trigger_tid = 51;
	e.oom.chosen_pid = chosen_pid;
	e.oom.chosen_tid = chosen_pid;
	strcpy(e.oom.trigger_comm, "trigger");
	return e;
}

static inline union event victim(uint64_t group, uint32_t pid, uint16_t flags)
{
	union event e = blank(EVENT_VICTIM, group);

	e.h.flags = (uint16_t)(flags | VICTIM_HAS_MM | VICTIM_RSS_EXACT);
	e.victim.cgroup_id = DOCKER_CGROUP_ID;
	e.victim.start_ns = 1000 + pid;
	e.victim.total_vm_pages = 10;
	e.victim.anon_rss_pages = 5;
	e.victim.file_rss_pages = 4;
	e.victim.shmem_rss_pages = -2; /* the kernel shows a negative sum as 0 */
	e.victim.swap_entries = 1;
	e.victim.pgtables_bytes = 8192;
	e.victim.pid = pid;
	e.victim.tid = pid;
	e.victim.ppid = 1;
	e.victim.ns_pid = pid;
	e.victim.uid = 1000;
	e.victim.oom_score_adj = -5;
	e.victim.cmdline_len = 6;
	memcpy(e.victim.cmdline, "x\0-m\0", 6);
	strcpy(e.victim.comm, "hog");
	return e;
}

static inline union event end(uint64_t group, uint32_t victims, uint32_t killed)
{
	union event e = blank(EVENT_OOM_END, group);

	e.oom_end.victims = victims;
	e.oom_end.killed = killed;
	return e;
}

static inline union event gone(uint32_t pid, uint64_t start_ns)
{
	union event e = blank(EVENT_EXIT, 0);

	e.exit.pid = pid;
	e.exit.start_ns = start_ns;
	e.exit.cgroup_id = DOCKER_CGROUP_ID;
	e.exit.status = 9;
	strcpy(e.exit.comm, "hog");
	return e;
}

/* A write is named by the time at which it began. */
static inline union event limit(uint64_t started_ns)
{
	union event e = blank(EVENT_LIMIT, GROUP_LIMIT | started_ns);

	e.limit.started_ns = started_ns;
	e.limit.cgroup_id = DOCKER_CGROUP_ID;
	e.limit.writer_cgroup_id = SSH_ID;
	e.limit.old_pages = UNLIMITED;
	e.limit.new_pages = 50;
	e.limit.usage_before_pages = 90;
	e.limit.usage_after_pages = 49;
	e.limit.reclaimed_pages = 7;
	e.limit.result = 9;
	e.limit.file = LIMIT_MAX;
	e.limit.kills = 2;
	e.limit.ooms = 3;
	e.limit.writer_pid = 60;
	e.limit.writer_tid = 61;
	strcpy(e.limit.writer_comm, "bash");
	return e;
}

/* One run with the given event; returns its record. */
static inline const struct record_oom *run_of(struct kept *kept, union event e)
{
	send_chain(kept, e.h.group);
	send(kept, e);
	send(kept, victim(e.h.group, 42, 0));
	send(kept, end(e.h.group, 1, 1));
	return &kept->ooms[kept->oom_count - 1];
}

#endif
