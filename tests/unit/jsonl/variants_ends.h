/* SPDX-License-Identifier: GPL-2.0-only */
/* variants.h's records of ends: of processes, of the target, of a trace; and who sent SIGKILL. */
#ifndef VARIANTS_ENDS_H
#define VARIANTS_ENDS_H

static inline struct record_killer killer(const struct variant *v, enum record_kill_way way)
{
	struct record_killer k = { .way = way, .sender = { .pid = 900, .tid = 901, .uid = UINT32_MAX } };

	if (!v->full)
		return k;
	k.by_kernel = k.sender.cmdline_cut = k.stop.ignored = true;
	k.sender.ppid = 700;
	k.sender.comm = k.sender.parent_comm = k.sender.cgroup = k.stop.comm = v->name;
	k.sender.cmdline = "x\0\0-9 \0  ";
	k.sender.cmdline_len = 9;
	k.sender.container = docker(v);
	k.stop.signal = 37;
	k.stop.before_ns = 10000000000;
	k.stop.pid = 3;
	return k;
}

static inline void write_sigkills(struct sink *sink, const struct variant *v)
{
	struct record_sigkill s = { .pid = 42, .tid = 43 };

	for (int way = KILL_WAY_UNKNOWN; way <= KILL_WAY_OOM_KILLER; way++) {
		if (v->full) {
			s.comm = v->name;
			s.cgroup = SCOPE "/init";
			s.container = docker(v);
			s.init = true;
		}
		s.killer = killer(v, (enum record_kill_way)way);
		assert_int_equal(TAKE(sink, SIGKILL, sigkill, TIME, s), 0);
	}
}

static inline void write_hooks(struct sink *sink, const struct variant *v)
{
	struct record_hook hook = { .program = v->name,
				    .cgroup = v->full ? v->name : NULL,
				    .container = docker(v) };

	for (int result = HOOK_RESULT_ENDED; result <= (int)HOOK_RESULT_FAILED; result++) {
		hook.result = (enum record_hook_result)result;
		hook.event = v->full ? HOOK_EVENT_NEAR_LIMIT : HOOK_EVENT_OOM;
		hook.status = result == HOOK_RESULT_ENDED ? 256 : 0;
		hook.reason = result == HOOK_RESULT_FAILED ? v->name : NULL;
		hook.has_start = result <= (int)HOOK_RESULT_TIMED_OUT;
		hook.since_event_ns = hook.duration_ns = hook.has_start ? 7 : 0;
		hook.frozen_ns = v->full && hook.has_start ? 8 : 0;
		hook.stays_frozen = hook.frozen_ns;
		hook.not_frozen = v->full && !hook.has_start ? v->name : NULL;
		assert_int_equal(TAKE(sink, HOOK, hook, TIME, hook), 0);
	}
}

static inline void write_ends(struct sink *sink, const struct variant *v)
{
	const struct record_repeats repeats = { .limit_cgroup_id = 3,
						.limit_cgroup = v->full ? v->name : NULL,
						.repeats = 12 };
	const struct record_lost lost = { .kind = v->name, .count = UINT64_MAX };
	const struct record_probe missing[] = { { v->name, NULL, v->name, -2, false },
						{ v->name, v->name, NULL, 0, true } };
	const struct record_end end = { .reason = v->name,
					.ooms = 1,
					.kills = 2,
					.lost = 3,
					.nameless = 4,
					.skipped_exits = v->full ? 5 : 0,
					.skipped_signals = v->full ? 6 : 0,
					.early_kills = v->full ? 8 : 0,
					.given_up = v->full ? 7 : 0,
					.missing = missing,
					.missing_count = v->full ? 2 : 0,
					.has_kernel_events = v->full,
					.kernel_events = { 50, 6, 2, 1, v->full, v->full } };
	const struct record_killer by = killer(v, KILL_WAY_KILL);
	const struct record_start back = { 2, v->name, 7, v->full ? 8 : 0, docker(v) };
	const struct record_refusal refusals[] = { { "pids.max", true, 20, 12 },
						   { v->name, true, RECORD_NO_LIMIT, UINT64_MAX },
						   { "hugetlb.2MB.max", false, 0, 1 } };
	const struct record_user_kill asked = { .killer = v->name, .pid = 42, .signal = "SIGTERM" };
	const struct record_near_limit near = { 3,	 v->full ? v->name : NULL, docker(v), 90, 100, 90,
						v->full, v->full ? v->name : NULL };
	struct record_exit e = {};

	assert_int_equal(TAKE(sink, USER_KILL, user_kill, TIME, asked), 0);
	assert_int_equal(TAKE(sink, START, start, TIME, back), 0);
	assert_int_equal(TAKE(sink, NEAR_LIMIT, near_limit, TIME, near), 0);
	write_hooks(sink, v);
	write_snapshots(sink, v);
	assert_int_equal(TAKE(sink, REPEATS, repeats, TIME, repeats), 0);
	assert_int_equal(TAKE(sink, EXIT, exit, TIME, e), 0);
	e.run = e.pid = 42;
	e.comm = e.cgroup = v->name;
	e.has_status = e.oom_victim = true;
	e.status = v->full ? 9 : 3 << 8;
	e.container = true;
	e.which = docker(v);
	e.runtime_status = v->full ? v->name : NULL;
	e.runtime_exit_code = 137;
	e.runtime_oom_killed = v->full;
	e.killer = v->full ? &by : NULL;
	e.stop =
		(struct record_stop){ .signal = v->full ? 15 : 0, .before_ns = 1, .pid = 2, .comm = v->name };
	e.has_refusals = true;
	e.refusals = refusals;
	e.refusal_count = v->full ? 3 : 0;
	if (v->full) {
		e.address_space = (struct record_rlimit){ true, 498 << 20, 500 << 20 };
		e.data = (struct record_rlimit){ true, 0, UINT64_MAX - 1 };
	}
	assert_int_equal(TAKE(sink, EXIT, exit, TIME, e), 0);
	assert_int_equal(TAKE(sink, LOST, lost, TIME, lost), 0);
	assert_int_equal(TAKE(sink, END, end, TIME, end), 0);
}

#endif
