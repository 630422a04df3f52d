/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run of the OOM killer, out_of_memory(), is serialised by oom_lock, so its state is one global.
 * Its neighbours are told from other callers of the same functions by the thread that runs it.
 *
 *   out_of_memory()                               on_oom_enter   (up to 10^4 times in one write of
 *     oom_kill_process()                          on_kill         memory.max: no event from here)
 *       __oom_kill_process()     for each victim  on_victim
 *         do_send_sig_info(victim)
 *         mark_oom_victim(victim)                 on_mark        -> EVENT_VICTIM
 *         pr_err("Killed process ...")
 *         do_send_sig_info(p)    for each p that shares the mm   on_signal -> EVENT_VICTIM
 *   returns                                       on_oom_exit    -> EVENT_OOM_END
 *
 * mark_oom_victim() and not the tracepoint mark_victim: the tracepoint is silent when a victim is
 * visited again (the kernel logs and counts that kill again), has only a pid up to 5.10.234 and
 * 6.1.129, and cannot tell a kill from a task that was exiting already.
 */
#ifndef OOMTRACE_OOM_BPF_H
#define OOMTRACE_OOM_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "compat.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "limit.bpf.h"
#include "memory.bpf.h"
#include "stack.bpf.h"
#include "task.bpf.h"

#define NO_VICTIM_INTERVAL_NS 1000000000ULL

/* Whose chain of cgroups has been sent; the victim's is that of the last one. */
enum leaf { LEAF_LIMIT, LEAF_TRIGGER, LEAF_VICTIM, LEAF_COUNT };

/*
 * The run of the OOM killer that is going on. Written by the thread that holds oom_lock only. Volatile,
 * or clang splits it into its members and leaves BTF that no kernel takes.
 */
static volatile struct {
	__u64 oc;		 /* struct oom_control *, valid until out_of_memory() returns */
	__u64 task;		 /* the victim at hand, struct task_struct * */
	__u64 started_ns;	 /* 0: we were attached after it had begun */
	__u64 id;		 /* 0: nothing has been sent for it yet */
	__u64 leafs[LEAF_COUNT]; /* ids of the cgroups whose chains have been sent */
	__u32 tid;		 /* whose run it is; 0: none is going on */
	__u32 victims;
	__u32 killed;
	__u32 victim_pid; /* victim of the __oom_kill_process() going on, once it is marked */
	bool in_kill;	  /* __oom_kill_process() has been entered */
	bool stack_sent;  /* that of the task that asked */
} run;

static __u64 last_oom_id;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* id of the limit's cgroup; 0: the whole machine */
	__type(value, struct quiet_runs);
} quiet_runs SEC(".maps");

static __noinline struct quiet_runs *find_quiet(__u64 limit_id)
{
	return bpf_map_lookup_elem(&quiet_runs, &limit_id);
}

static __always_inline bool in_run(void)
{
	return run.tid && run.tid == current_tid();
}

/*
 * Sends the chain of a cgroup, unless this run has sent it already. Global (see task.bpf.h), since the verifier
 * follows each way that leads to a reserved event to its end: there had better be one only.
 */
__noinline int emit_chain(__u64 cgroup, __u32 leaf)
{
	__u64 leaf_id = cgroup_id((void *)cgroup);

	if (!leaf_id || leaf_id == run.leafs[LEAF_LIMIT] || leaf_id == run.leafs[LEAF_TRIGGER] ||
	    leaf_id == run.leafs[LEAF_VICTIM])
		return 0;
	if (leaf == LEAF_LIMIT)
		run.leafs[LEAF_LIMIT] = leaf_id;
	else if (leaf == LEAF_TRIGGER)
		run.leafs[LEAF_TRIGGER] = leaf_id;
	else
		run.leafs[LEAF_VICTIM] = leaf_id;
	return emit_levels(cgroup, run.id);
}

/* The cgroup whose limit was hit; NULL when the whole machine is out of memory. */
static __always_inline struct cgroup *limit_cgroup(struct oom_control *oc)
{
	return BPF_CORE_READ(oc, memcg, css.cgroup);
}

/* Sends what is known of the run as a whole, once. */
__noinline int open_run(__u32 outcome)
{
	struct oom_control *oc = (void *)run.oc;
	struct cgroup *limit = limit_cgroup(oc);
	struct cgroup *trigger = task_cgroup((void *)bpf_get_current_task());
	__u64 limit_id = limit ? cgroup_id(limit) : 0;
	struct task_struct *chosen = BPF_CORE_READ(oc, chosen);
	struct quiet_runs *quiet;
	struct event_oom *e;

	if (run.id)
		return 0;
	run.id = ++last_oom_id;
	emit_chain((__u64)limit, LEAF_LIMIT);
	emit_chain((__u64)trigger, LEAF_TRIGGER);

	quiet = find_quiet(limit_id);
	e = emit__reserve(EVENT_OOM, sizeof(*e), run.id);
	if (!e)
		return 0;
	e->started_ns = run.started_ns;
	e->limit_cgroup_id = limit_id;
	e->trigger_cgroup_id = cgroup_id(trigger);
	e->totalpages = BPF_CORE_READ(oc, totalpages);
	e->chosen_points = BPF_CORE_READ(oc, chosen_points);
	e->outcome = outcome;
	e->constraint = BPF_CORE_READ(oc, constraint);
	e->gfp_mask = BPF_CORE_READ(oc, gfp_mask);
	e->order = BPF_CORE_READ(oc, order);
	e->trigger_pid = bpf_get_current_pid_tgid() >> 32;
	e->trigger_tid = current_tid();
	bpf_get_current_comm(e->trigger_comm, sizeof(e->trigger_comm));
	if (outcome == OOM_KILLED) {
		e->chosen_pid = BPF_CORE_READ(chosen, tgid);
		e->chosen_tid = BPF_CORE_READ(chosen, pid);
	}
	fill_cause(e, limit_id);
	if (quiet) {
		e->waits = quiet->waits;
		e->repeats = quiet->repeats;
		quiet->waits = 0;
		quiet->repeats = 0;
		quiet->last_sent_ns = e->h.ts_ns;
	}
	emit__submit(e);
	/* The kernel has just summed its statistics up, to log them; unless it has logged too many. */
	emit_memory((__u64)BPF_CORE_READ(oc, memcg), limit_id, run.id);
	return 0;
}

static __always_inline void fill_victim_mm(struct event_victim *e, struct mm_struct *mm)
{
	__s64 rss[RSS_COUNT] = {};

	e->h.flags |= VICTIM_HAS_MM;
	if (compat__rss(mm, rss))
		e->h.flags |= VICTIM_RSS_EXACT;
	e->file_rss_pages = rss[RSS_FILE];
	e->anon_rss_pages = rss[RSS_ANON];
	e->shmem_rss_pages = rss[RSS_SHMEM];
	e->swap_entries = rss[RSS_SWAP];
	e->total_vm_pages = BPF_CORE_READ(mm, total_vm);
	e->pgtables_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
}

/* Whose command line is the victim's too. */
static __always_inline void fill_lineage(struct event_victim *e, struct task_struct *task,
					 struct mm_struct *mm)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	struct task_struct *ancestor;

	if (!mm)
		return;
	e->program = program_of(mm);
	ancestor = (void *)find_ancestor((__u64)task, e->program.exe, e->program.arg_start);
	e->ancestor_pid = BPF_CORE_READ(ancestor, tgid);
	e->ancestor_start_ns = BPF_CORE_READ(ancestor, group_leader, start_boottime);
	if (if_runs_program((__u64)parent, e->program.exe, e->program.arg_start, true, false))
		e->parent_start_ns = BPF_CORE_READ(parent, group_leader, start_boottime);
}

/* Sends run.task as a victim. */
__noinline int emit_victim(__u64 cgroup, __u32 flags)
{
	struct task_struct *task = (void *)run.task;
	struct cgroup *cgrp = (void *)cgroup;
	struct task_struct *current = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct event_victim *e;
	__u32 level = 0, cut = 0;

	emit_chain(cgroup, LEAF_VICTIM);
	run.victims++;
	e = emit__reserve(EVENT_VICTIM, sizeof(*e), run.id);
	if (!e)
		return 0;
	e->h.flags = flags;
	e->cgroup_id = cgroup_id(cgrp);
	e->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	e->pid = BPF_CORE_READ(task, tgid);
	e->tid = BPF_CORE_READ(task, pid);
	e->ppid = BPF_CORE_READ(task, real_parent, tgid);
	fill_lineage(e, task, mm);
	e->ns_pid = task_ns_pid(task, &level);
	if (level && e->ns_pid == 1)
		e->h.flags |= VICTIM_NS_INIT;
	e->uid = BPF_CORE_READ(task, real_cred, uid.val);
	e->oom_score_adj = BPF_CORE_READ(task, signal, oom_score_adj);
	BPF_CORE_READ_STR_INTO(&e->comm, task, comm);
	if (mm) {
		fill_victim_mm(e, mm);
		if (mm == BPF_CORE_READ(current, mm)) {
			e->cmdline_len = read_cmdline(mm, e->cmdline, &cut);
			if (cut)
				e->h.flags |= VICTIM_CMDLINE_CUT;
		}
	}
	emit__submit(e);
	return 0;
}

static __always_inline void begin_run(__u64 oc, __u64 started_ns)
{
	run.oc = oc;
	run.started_ns = started_ns;
	run.id = 0;
	run.leafs[LEAF_LIMIT] = run.leafs[LEAF_TRIGGER] = run.leafs[LEAF_VICTIM] = 0;
	run.victims = 0;
	run.killed = 0;
	run.victim_pid = 0;
	run.in_kill = false;
	run.stack_sent = false;
	run.tid = current_tid();
}

static __always_inline int on_oom_enter(void *ctx, __u64 oc)
{
	count_oom_in_write(ctx);
	begin_run(oc, bpf_ktime_get_boot_ns());
	return 0;
}

/* oom_kill_process(): a victim has been chosen. The run may be new to us, if we came in its middle. */
__noinline int on_kill(__u64 oc)
{
	struct stack_process trigger = {};

	if (!in_run() || run.oc != oc)
		begin_run(oc, 0);
	/* It may well be the victim: there is little time left to see what it has mapped. */
	if (in_target((__u64)task_cgroup((void *)bpf_get_current_task()))) {
		fill_process(&trigger);
		emit_sampled(&trigger);
	}
	return 0;
}

/* __oom_kill_process(): may still find that its victim has no memory left, and kill nothing. */
static __always_inline int on_victim(void)
{
	if (in_run()) {
		run.in_kill = true;
		run.victim_pid = 0;
	}
	return 0;
}

/*
 * Once the run has been told of: what was the task doing that asked for memory? Called by the programs
 * themselves: kp_shared has it once for all that it stands for.
 */
static __always_inline void tell_stack(void *ctx)
{
	if (!in_run() || !run.id || run.stack_sent)
		return;
	run.stack_sent = true;
	emit_trigger_stack(ctx, run.id);
}

__noinline int on_mark(__u64 address)
{
	struct task_struct *task = (void *)address;
	struct cgroup *cgrp;
	__u32 flags = 0;

	if (!in_run())
		return 0;
	if (run.in_kill) {
		run.victim_pid = BPF_CORE_READ(task, tgid);
		count_kill_in_write();
		if (run.killed++)
			flags |= VICTIM_GROUP;
	} else {
		flags |= VICTIM_EXITING;
	}
	cgrp = task_cgroup(task);
	if (!in_target((__u64)cgrp))
		return 0;
	open_run(run.in_kill ? OOM_KILLED : OOM_EXITING);
	run.task = address;
	emit_victim((__u64)cgrp, flags);
	return 0;
}

/* The victim itself is signalled before it is marked, those that share its mm after it. */
static __always_inline bool may_share_mm(int sig)
{
	return sig == SIGKILL && in_run() && run.victim_pid;
}

__noinline int on_signal(__u64 address)
{
	struct task_struct *task = (void *)address;
	struct cgroup *cgrp;

	if ((__u32)BPF_CORE_READ(task, tgid) == run.victim_pid)
		return 0;
	cgrp = task_cgroup(task);
	if (!run.id && !in_target((__u64)cgrp))
		return 0;
	open_run(OOM_KILLED);
	run.task = address;
	emit_victim((__u64)cgrp, VICTIM_SHARES_MM);
	return 0;
}

__noinline int end_run(void)
{
	struct event_oom_end *e;

	if (!in_run())
		return 0;
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
static __always_inline void end_quiet_run(bool no_victim)
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
		quiet->in_target = in_target((__u64)limit);
	}
	if (!no_victim) {
		quiet->waits++;
		return;
	}
	if (!quiet->in_target && !in_target((__u64)task_cgroup((void *)bpf_get_current_task())))
		return;
	if (quiet->last_sent_ns && bpf_ktime_get_boot_ns() - quiet->last_sent_ns < NO_VICTIM_INTERVAL_NS) {
		quiet->repeats++;
		return;
	}
	open_run(OOM_NO_VICTIM);
}

/*
 * out_of_memory() returns; a bool fills only the low byte of `ret`. After this the program sends what is left:
 * tell_stack(), end_run().
 */
__noinline int on_oom_exit(__u64 ret)
{
	struct oom_control *oc = (void *)run.oc;

	if (in_run() && !run.id && !run.killed)
		end_quiet_run(!(ret & 0xff) && BPF_CORE_READ(oc, chosen) == NULL);
	return 0;
}

#endif
