/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of the run of the OOM killer that is going on. The hooks are in oom.bpf.c and victim.bpf.c.
 *
 * oom_lock allows one run, out_of_memory(), at a time, so its state is one global. Other callers of the same
 * functions run in other threads, and that is how a hook tells them apart.
 *
 *   out_of_memory()                               on_oom_enter   (up to 10^4 times in one write of
 *                                                                memory.max: no event from here)
 *     oom_badness()            for each process   on_candidate: see candidates.bpf.h
 *     oom_kill_process()                          on_victim_chosen
 *       __oom_kill_process()     for each victim  on_kill_begin
 *         do_send_sig_info(victim)
 *         mark_oom_victim(victim)                 on_mark        -> EVENT_VICTIM
 *         pr_err("Killed process ...")
 *         do_send_sig_info(p)    for each p that shares the mm   on_shared_kill -> EVENT_VICTIM
 *   returns                                       on_oom_exit    -> EVENT_OOM_END
 *
 * mark_oom_victim() and not the tracepoint mark_victim: the tracepoint is silent when a victim is
 * visited again (the kernel logs and counts that kill again), has only a pid up to 5.10.234 and
 * 6.1.129, and cannot tell a kill from a task that was exiting already.
 */
#ifndef OOMTRACE_RUN_BPF_H
#define OOMTRACE_RUN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "candidates.bpf.h"
#include "chain.bpf.h"
#include "compat.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "frames.bpf.h"
#include "task.bpf.h"
#include "writes.bpf.h"

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
	__u32 victim_pid;  /* victim of the __oom_kill_process() going on, once it is marked */
	__u32 begun_pid;   /* the same before; 0: none, or it is marked */
	__u32 stack_flags; /* see count_oom_in_write() */
	__u64 begun_start_ns;
	__u64 awaited;	/* a victim whose memory is to be waited for, from its mark on; or 0 */
	bool in_kill;	/* __oom_kill_process() has been entered */
	bool told_more; /* see tell_more() */
} run;

static __u64 last_oom_id;

/* Kills that the kernel counts for the target. User space compares it with the kernel's own count. */
__u64 kills_seen;

/* Those of them of which no record can be made: see may_be_early(). */
__u64 kills_early;

/* None is going on any more that had begun before we were attached. */
static bool early_is_over;

/* The thread of such a run; 0: there is none yet. */
static __u32 early_tid;

/* When all was attached. User space sets it; 0: not yet. */
__u64 attached_ns;

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

/*
 * Whom a kill has begun for: its process may be gone before it is marked, and before those are told of that share
 * its memory. Only the latest matter.
 */
struct process_key {
	__u64 start_ns;
	__u32 pid; /* thread group id */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct process_key);
	__type(value, __u8);
} kills_begun SEC(".maps");

static __always_inline struct process_key process_key(struct task_struct *task)
{
	struct process_key key = {
		.start_ns = BPF_CORE_READ(task, group_leader, start_boottime),
		.pid = BPF_CORE_READ(task, tgid),
	};

	return key;
}

/* Global: see task.bpf.h. */
__noinline int note_kill_begun(__u64 task)
{
	struct process_key key = process_key((void *)task);
	__u8 yes = 1;

	bpf_map_update_elem(&kills_begun, &key, &yes, BPF_ANY);
	return 0;
}

/* The kernel has found that the one that it had begun to kill has no memory left, and has left it alone. */
__noinline int forget_kill_begun(void)
{
	struct process_key key = { .start_ns = run.begun_start_ns, .pid = run.begun_pid };

	if (key.pid)
		bpf_map_delete_elem(&kills_begun, &key);
	run.begun_pid = 0;
	return 0;
}

/* The address of oom_lock, a mutex. User space sets it, once it has looked; 0: not known yet. */
__u64 oom_lock_address;

/*
 * Whether this thread, whose run is in `run`, has left out_of_memory() unseen: whoever is inside of it holds oom_lock.
 * Then no run is going on.
 */
static __noinline bool has_left_run(void)
{
	if (!compat__holds_not(oom_lock_address))
		return false;
	run.tid = 0;
	return true;
}

static __always_inline bool in_run(void)
{
	return run.tid && run.tid == current_tid() && !has_left_run();
}

/*
 * Whether this thread, of whose run no beginning was seen, may be in one that had begun before we were attached. There
 * was one at most, in one thread, which was there by then. Of any other the beginning was missed.
 */
static __always_inline bool may_be_early(void)
{
	if (early_is_over || (attached_ns && BPF_CORE_READ(current_task(), start_boottime) > attached_ns))
		return false;
	if (!early_tid)
		early_tid = current_tid();
	return early_tid == current_tid();
}

/* Called now and then, by a program that the kernel doesn't leave out. */
static __always_inline void note_no_run(void)
{
	if (!early_is_over && compat__held_by_none(oom_lock_address))
		early_is_over = true;
}

/*
 * Sends the chain of a cgroup, unless this run has sent it already. Global (see task.bpf.h), because the verifier
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
	return memcg_cgroup(BPF_CORE_READ(oc, memcg));
}

static struct event_oom oom_event;

/* Sends what is known of the run as a whole, once. */
__noinline int open_run(__u32 outcome)
{
	struct oom_control *oc = (void *)run.oc;
	struct cgroup *limit = limit_cgroup(oc);
	struct cgroup *trigger = current_cgroup();
	__u64 limit_id = limit ? cgroup_id(limit) : 0;
	struct task_struct *chosen = BPF_CORE_READ(oc, chosen);
	struct event_oom *e = &oom_event;
	struct quiet_runs *quiet;

	if (run.id)
		return 0;
	run.id = ++last_oom_id;
	emit_chain((__u64)limit, LEAF_LIMIT);
	emit_chain((__u64)trigger, LEAF_TRIGGER);

	quiet = find_quiet(limit_id);
	EMIT__BEGIN(e);
	e->started_ns = run.started_ns;
	e->limit_cgroup_id = limit_id;
	e->trigger_cgroup_id = cgroup_id(trigger);
	e->totalpages = BPF_CORE_READ(oc, totalpages);
	e->chosen_points = BPF_CORE_READ(oc, chosen_points);
	e->outcome = outcome;
	e->constraint = BPF_CORE_READ(oc, constraint);
	e->gfp_mask = BPF_CORE_READ(oc, gfp_mask);
	e->order = BPF_CORE_READ(oc, order);
	e->trigger_pid = current_pid();
	e->trigger_tid = current_tid();
	bpf_get_current_comm(e->trigger_comm, sizeof(e->trigger_comm));
	if (outcome == OOM_KILLED) {
		e->chosen_pid = BPF_CORE_READ(chosen, tgid);
		e->chosen_tid = BPF_CORE_READ(chosen, pid);
	}
	fill_cause(e, limit_id, run.stack_flags);
	if (quiet) {
		e->waits = quiet->waits;
		e->repeats = quiet->repeats;
	}
	if (emit__copy(&e->h, sizeof(*e), EVENT_OOM, run.id) && quiet) {
		quiet->waits = 0;
		quiet->repeats = 0;
		quiet->last_sent_ns = e->h.ts_ns;
	}
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
	run.begun_pid = 0;
	run.in_kill = false;
	run.awaited = 0;
	run.told_more = false;
	run.stack_flags = 0;
	candidates__reset();
	run.tid = current_tid();
	early_is_over = true;
}

#endif
