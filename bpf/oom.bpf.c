// SPDX-License-Identifier: GPL-2.0-only
/* Runs of the OOM killer as a whole: see run.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "emit.bpf.h"
#include "event.h"
#include "more.bpf.h"
#include "run.bpf.h"
#include "task.bpf.h"
#include "writes.bpf.h"

static __always_inline int on_oom_enter(void *ctx, __u64 oc)
{
	take_oom_frames(ctx);
	begin_run(oc, bpf_ktime_get_boot_ns());
	run.stack_flags = count_oom_in_write();
	return 0;
}

/* oom_kill_process(): a victim has been chosen. The run may be new to us, if we came in its middle. */
__noinline int on_victim_chosen(__u64 oc)
{
	if (!in_run() || run.oc != oc)
		begin_run(oc, 0);
	return 0;
}

__noinline int end_run(void)
{
	struct event_oom_end *e;

	if (!in_run())
		return 0;
	forget_kill_begun();
	if (run.id) {
		e = emit__reserve(EVENT_OOM_END, sizeof(*e), run.id);
		if (e) {
			e->victims = run.victims;
			e->killed = run.killed;
			emit__submit(e);
		}
	}
	run.tid = 0;
	return 0;
}

/* A run in which nothing was killed. It can come 10^4 times a second: counted, sent once a second. */
static __always_inline void end_quiet_run(bool no_victim, enum scope scope)
{
	struct oom_control *oc = (void *)run.oc;
	struct cgroup *limit = limit_cgroup(oc);
	__u64 limit_id = limit ? cgroup_id(limit) : 0;
	struct quiet_runs *quiet = find_quiet(limit_id);
	struct quiet_runs first = {};

	if (!quiet) {
		bpf_map_update_elem(&quiet_runs, &limit_id, &first, BPF_ANY);
		quiet = find_quiet(limit_id);
		if (!quiet)
			return;
		quiet->in_target = scope == SCOPE_MACHINE || in_target((__u64)limit);
	}
	if (!no_victim) {
		quiet->waits++;
		return;
	}
	if (scope != SCOPE_MACHINE && !quiet->in_target && !in_target((__u64)current_cgroup()))
		return;
	if (quiet->last_sent_ns && bpf_ktime_get_boot_ns() - quiet->last_sent_ns < NO_VICTIM_INTERVAL_NS) {
		quiet->repeats++;
		return;
	}
	open_run(OOM_NO_VICTIM);
}

/*
 * out_of_memory() returns; a bool fills only the low byte of `ret`. After this the program sends what is left:
 * tell_more(), end_run().
 */
static __always_inline int on_oom_exit_in(__u64 ret, enum scope scope)
{
	struct oom_control *oc = (void *)run.oc;

	if (in_run() && !run.id && !run.killed)
		end_quiet_run(!(ret & 0xff) && BPF_CORE_READ(oc, chosen) == NULL, scope);
	return 0;
}

__noinline int on_oom_exit(__u64 ret)
{
	return on_oom_exit_in(ret, SCOPE_ANY);
}

__noinline int on_machine_oom_exit(__u64 ret)
{
	return on_oom_exit_in(ret, SCOPE_MACHINE);
}

/* ---- programs ---- */

SEC("?fentry/out_of_memory")
int BPF_PROG(btf_oom_enter)
{
	return on_oom_enter(ctx, argument_number(ctx, 0));
}

SEC("?kprobe/out_of_memory")
int BPF_KPROBE(kp_oom_enter, void *oc)
{
	return on_oom_enter(ctx, (__u64)oc);
}

SEC("?fexit/out_of_memory")
int BPF_PROG(btf_oom_exit, struct oom_control *oc, unsigned long ret)
{
	on_oom_exit(ret);
	tell_more(ctx);
	return end_run();
}

SEC("?kretprobe/out_of_memory")
int BPF_KRETPROBE(kp_oom_exit, unsigned long ret)
{
	on_oom_exit(ret);
	tell_more(ctx);
	return end_run();
}

SEC("?fentry/oom_kill_process")
int BPF_PROG(btf_chosen)
{
	on_victim_chosen(argument_number(ctx, 0));
	return look_at_chosen(argument_number(ctx, 0));
}

SEC("?kprobe/oom_kill_process")
int BPF_KPROBE(kp_chosen, void *oc)
{
	on_victim_chosen((__u64)oc);
	return look_at_chosen((__u64)oc);
}
