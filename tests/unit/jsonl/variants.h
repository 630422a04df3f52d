/* SPDX-License-Identifier: GPL-2.0-only */
/* A record of each kind, with any name, with and without what may be absent. */
#ifndef VARIANTS_H
#define VARIANTS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "take.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SCOPE "/system.slice/docker-" ID ".scope"
/* 2023-11-14T22:13:20.123456Z: a recording has microseconds. */
#define TIME                                                          \
	{                                                             \
		.boot_ns = 5000000001, .wall_ns = 1700000000123456000 \
	}

/* A variant of the records below: which name they have, and whether what may be absent is there. */
struct variant {
	const char *name;
	bool full;
};

static inline struct record_container docker(const struct variant *v)
{
	struct record_container c = {};

	if (!v->full)
		return c;
	assert_int_equal(container__from_cgroup_path(SCOPE "/init", &c.ref), 0);
	c.name = v->name;
	return c;
}

static inline void write_session(struct sink *sink, const struct variant *v)
{
	const struct record_time at = { .boot_ns = 5000000001, .wall_ns = 1700000000123456789 };
	const struct record_probe probes[] = {
		{ .purpose = v->name, .attached = v->name, .error = -EBUSY, .later = v->full },
		{ .purpose = "reclaim", .lost = v->name, .error = -ENOENT },
		{ .purpose = "stacks" },
	};
	struct record_session s = {
		.host = v->full ? v->name : NULL,
		.machine_id = v->full ? "0123456789abcdef0123456789abcdef" : NULL,
		.boot_id = v->full ? v->name : NULL,
		.version = "0.1.0",
		.kernel = "6.1.0",
		.arch = "x86_64",
		.target_kind = v->full ? "container" : "machine",
		.page_size = 4096,
	};

	if (v->full) {
		s.target_name = v->name;
		s.target_cgroup = SCOPE;
		s.container = docker(v);
		s.has_memory = true;
		s.machine_total_bytes = 1;
		s.machine_available_bytes = 2;
		s.usage_bytes = 3;
		s.max_bytes = RECORD_NO_LIMIT;
		s.max_cgroup = v->name;
		s.part = 2;
		s.order_ns = 1700000000123456790;
		s.probes = probes;
		s.probe_count = 3;
	}
	assert_int_equal(TAKE(sink, SESSION, session, at, s), 0);
}

/* Needs those above. */
#include "jsonl/variants_candidates.h"
#include "jsonl/variants_snapshot.h"
#include "jsonl/variants_tmpfs.h"
#include "variants_ends.h"

static inline struct record_level level(const struct variant *v)
{
	struct record_level l = { .id = 3, .path = v->name };

	if (!v->full)
		return (struct record_level){ .id = 1 };
	l.has_memory = l.has_swap = l.is_limit = l.oom_group = true;
	l.usage_bytes = 10;
	l.max_bytes = 20;
	l.high_bytes = RECORD_NO_LIMIT;
	l.peak_bytes = 30;
	l.swap_max_bytes = RECORD_NO_LIMIT - 1;
	return l;
}

static inline struct record_victim victim(const struct variant *v, enum record_role role)
{
	struct record_victim r = { .ts_ns = 5,
				   .pid = 42,
				   .tid = 43,
				   .ppid = 1,
				   .ns_pid = 7,
				   .uid = UINT32_MAX,
				   .oom_score_adj = -1000,
				   .role = role };

	if (!v->full)
		return r;
	r.repeated = r.init = r.has_points = r.has_mm = r.rss_exact = r.cmdline_cut = true;
	r.points = -3;
	r.total_vm_bytes = 1;
	r.anon_rss_bytes = 2;
	r.file_rss_bytes = 3;
	r.shmem_rss_bytes = 4;
	r.pgtables_bytes = 5;
	r.swap_bytes = 6;
	r.comm = v->name;
	r.cmdline = "x\0\0-m \0  ";
	r.cmdline_len = 9;
	r.cmdline_source = "kill";
	r.cgroup = SCOPE "/init";
	r.container = docker(v);
	return r;
}

/* What a recording may leave out of an OOM. Its limit is the first level of its chain of two. */
static inline void fill_oom(struct record_oom *oom, const struct variant *v,
			    const struct record_memory *memory, const struct record_history *history)
{
	oom->cause_not_known = oom->cause == CAUSE_NOT_KNOWN ? NOT_KNOWN_LATER_WRITE : NOT_KNOWN_UNSAID;
	oom->cause_limit_id = 4;
	oom->cause_since_ns = oom->started_ns = 8;
	oom->repeats = 1;
	oom->trigger_cgroup = SCOPE;
	oom->trigger_container = oom->limit_container = docker(v);
	oom->chain = oom->limit;
	oom->chain_count = 2;
	oom->missing = 3;
	oom->incomplete = oom->joined_late = true;
	oom->memory = memory;
	oom->history = history;
	oom->in_flight_victims = 2;
	oom->in_flight_bytes = 3;
}

static inline void write_oom(struct sink *sink, const struct variant *v)
{
	const struct record_point points[] = {
		{ 1, 2, 3, { .kernel_bytes = 7, .has_kernel = 1, .kernel_is_least = v->full } },
		{ 4,
		  5,
		  RECORD_NO_LIMIT,
		  { .sock_bytes = RECORD_MEMORY_KIND_MAX, .has_sock = 1, .exact = 1 } },
		{ 5, 6, RECORD_NO_LIMIT, { 0 } },
	};
	const struct record_history history = {
		.points = points,
		.count = 3,
		.has_growth = true,
		.growth_bytes_per_s = -7,
		.reclaim = { 1, 2, 3, 4 },
		.throttle = { 5, 6, 7, 8 },
		.failed = 9,
		.cgroup_id = 10,
		.cgroup = v->name,
	};
	const struct record_container container = docker(v);
	struct record_memory memory = { .exact = v->full, .known = 0x2a5 };
	const struct record_level levels[2] = { level(v), { .id = 1, .path = "/" } };
	struct record_victim victims[4];
	struct record_oom oom = {
		.id = 9,
		.duration_ns = 77,
		.outcome = OOM_KILLED,
		.constraint = "memcg",
		.totalpages_bytes = 4096,
		.waits = 2,
		.trigger_pid = 50,
		.trigger_tid = 51,
		.trigger_comm = v->name,
		.gfp_mask = 0xcc0,
		.limit = &levels[0],
		.victims = victims,
		.victim_count = 4,
		.killed = 3,
	};

	for (int i = 0; i < 4; i++)
		victims[i] = victim(v, (enum record_role)i);
	for (int i = 0; i < MEMORY_ITEMS; i++)
		memory.bytes[i] = (uint64_t)i + 1;
	for (int cause = CAUSE_UNKNOWN; cause <= CAUSE_OBSERVER; cause++) {
		oom.cause = (enum record_cause)cause;
		oom.sysrq = cause == CAUSE_SYSRQ;
		oom.whole_machine = cause == CAUSE_WHOLE_MACHINE;
		oom.order = oom.sysrq ? -1 : 0;
		if (v->full) {
			fill_oom(&oom, v, &memory, &history);
			oom.candidates = variants_candidates(v->name, &container);
			oom.before = variants_before(v->name);
			oom.tmpfs = variants_tmpfs(v->name, cause % 2);
			oom.children = variants_children(v->name, &container);
		}
		assert_int_equal(TAKE(sink, OOM, oom, TIME, oom), 0);
	}
}

/* Some of its events were lost, or nothing was killed. */
static inline void write_partial_ooms(struct sink *sink, const struct variant *v)
{
	struct record_victim exiting = victim(v, ROLE_EXITING);
	struct record_oom lost = { .id = 9, .incomplete = true, .duration_ns = 3 };
	struct record_oom none = { .id = 9, .outcome = OOM_NO_VICTIM };
	struct record_oom gone = { .id = 9,
				   .outcome = OOM_EXITING,
				   .trigger_comm = v->name,
				   .victims = &exiting,
				   .victim_count = 1 };

	assert_int_equal(TAKE(sink, OOM, oom, TIME, lost), 0);
	assert_int_equal(TAKE(sink, OOM, oom, TIME, none), 0);
	assert_int_equal(TAKE(sink, OOM, oom, TIME, gone), 0);
}

static inline void write_limits(struct sink *sink, const struct variant *v)
{
	struct record_limit l = {
		.id = 4,
		.cgroup = v->full ? SCOPE : NULL,
		.container = docker(v),
		.writer_pid = 60,
		.writer_tid = 61,
		.writer_self = v->full,
		.writer_comm = v->full ? v->name : NULL,
		.writer_cgroup = v->full ? v->name : NULL,
		.old_max_bytes = RECORD_NO_LIMIT,
		.new_max_bytes = RECORD_NO_LIMIT - 1,
		.usage_before_bytes = 5,
		.usage_after_bytes = 4,
		.reclaimed_bytes = 3,
		.duration_ns = 2,
		.kills = 1,
		.ooms = 2,
		.result = v->full ? -22 : 4,
	};

	for (int file = LIMIT_MAX; file <= LIMIT_SWAP_MAX; file++) {
		l.file = (enum limit_file)file;
		assert_int_equal(TAKE(sink, LIMIT, limit, TIME, l), 0);
	}
}

static inline void write_steps(struct sink *sink, const struct variant *v)
{
	const struct record_step step = {
		.limit_id = 1,
		.old_max_bytes = RECORD_NO_LIMIT,
		.new_max_bytes = 3,
		.usage_before_bytes = 4,
		.usage_after_bytes = 5,
		.reclaimed_bytes = 6,
		.duration_ns = 7,
		.killed_inside = 8,
		.killed_after = 9,
		.has_first_kill = v->full,
		.first_kill_ns = 10,
		.has_needed = v->full,
		.needed = 1,
		.has_floor = v->full,
		.floor_bytes = 12,
		.alive = v->full,
	};
	const struct record_steps steps = {
		.steps = &step,
		.count = v->full ? 1 : 0,
		.has_first_kill = v->full,
		.first_kill_max_bytes = 1,
		.died = v->full,
		.died_max_bytes = RECORD_NO_LIMIT,
		.outcome = v->full ? v->name : NULL,
		.old_max_bytes = 2,
	};

	assert_int_equal(TAKE(sink, STEP, step, TIME, step), 0);
	assert_int_equal(TAKE(sink, STEPS, steps, TIME, steps), 0);
}

static inline void write_charges(struct sink *sink, const struct variant *v)
{
	const struct record_level levels[2] = { level(v), { .id = 1, .path = "/" } };
	struct record_usage u = {
		.cgroup_id = 3,
		.cgroup = v->full ? v->name : NULL,
		.container = docker(v),
		.usage_bytes = 1,
		.max_bytes = 2,
		.high_bytes = RECORD_NO_LIMIT,
		.kinds = { .kernel_bytes = 0, .has_kernel = 1, .exact = v->full },
	};
	struct record_reclaim r = {
		.kind = v->full ? RECLAIM_THROTTLE : RECLAIM_LIMIT,
		.cgroup_id = 3,
		.cgroup = v->name,
		.container = docker(v),
		.since_ns = 1,
		.sum = { 1, 2, 3, 4 },
	};
	struct record_stall s = {
		.cgroup_id = 3,
		.cgroup = v->name,
		.container = docker(v),
		.since_ns = 1,
		.over = v->full,
		.duration_ns = 2,
		.reclaim_ns = 3,
		.usage_bytes = 4,
		.max_bytes = RECORD_NO_LIMIT,
		.file = v->full ? LIMIT_HIGH : LIMIT_MAX,
		.failed = 5,
	};

	if (v->full) {
		u.kinds.kernel_is_least = 1;
		u.kinds.sock_bytes = 9;
		u.kinds.has_sock = 1;
		u.failed = 4;
		u.asked_bytes = 5;
		u.refused_by = u.comm = v->name;
		u.pid = 6;
		u.chain = levels;
		u.chain_count = 2;
	}
	assert_int_equal(TAKE(sink, USAGE, usage, TIME, u), 0);
	assert_int_equal(TAKE(sink, RECLAIM, reclaim, TIME, r), 0);
	assert_int_equal(TAKE(sink, STALL, stall, TIME, s), 0);
}

static inline void write_stacks(struct sink *sink, const struct variant *v)
{
	const struct record_frame frames[] = {
		{ .function = v->name, .offset = 1, .module = v->name, .address = 2 },
		{ .module = v->name, .address = UINT64_MAX },
		{},
	};
	struct record_stack s = { .pid = 1, .comm = v->name, .samples = 2, .bytes = 3 };

	if (v->full) {
		s.user = s.kernel = frames;
		s.user_count = 3;
		s.kernel_count = 2;
	}
	assert_int_equal(TAKE(sink, STACK, stack, TIME, s), 0);
	s.oom_id = 7;
	s.samples = s.bytes = 0;
	assert_int_equal(TAKE(sink, STACK, stack, TIME, s), 0);
}

static inline void write_min(struct sink *sink, const struct variant *v)
{
	struct record_min_try tried = { .max_bytes = 1, .result = TRY_HOLDS };
	struct record_min min = {
		.cgroup = v->name, .usage_bytes = 1, .floor_bytes = 2, .hold_ns = 3, .tries = 4, .kills = 5
	};

	assert_int_equal(TAKE(sink, MIN_TRY, min_try, TIME, tried), 0);
	tried.result = TRY_TOO_SMALL;
	assert_int_equal(TAKE(sink, MIN_TRY, min_try, TIME, tried), 0);
	min.found_bytes = v->full ? 6 : 0;
	min.margin_bytes = v->full ? 7 : 0;
	assert_int_equal(TAKE(sink, MIN, min, TIME, min), 0);
}

static inline void write_all(struct sink *sink, const struct variant *v)
{
	write_session(sink, v);
	write_oom(sink, v);
	write_partial_ooms(sink, v);
	write_reliefs(sink, v->name, &(struct record_container){});
	write_limits(sink, v);
	write_steps(sink, v);
	write_charges(sink, v);
	write_stacks(sink, v);
	write_sigkills(sink, v);
	write_ends(sink, v);
	write_min(sink, v);
}

#endif
