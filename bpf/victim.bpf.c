// SPDX-License-Identifier: GPL-2.0-only
/* Whom a run of the OOM killer kills: see run.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "compat.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "more.bpf.h"
#include "run.bpf.h"
#include "task.bpf.h"
#include "writes.bpf.h"

/* __oom_kill_process(): may still find that its victim has no memory left, and kill nothing. */
__noinline int on_kill_begin(__u64 address)
{
	struct process_key victim = process_key((void *)address);

	if (!in_run())
		return 0;
	forget_kill_begun();
	run.in_kill = true;
	run.victim_pid = 0;
	run.begun_pid = victim.pid;
	run.begun_start_ns = victim.start_ns;
	return note_kill_begun(address);
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

static struct event_victim victim_event;

/* Sends run.task as a victim. */
__noinline int emit_victim(__u64 cgroup, __u32 flags)
{
	struct task_struct *task = (void *)run.task;
	struct cgroup *cgrp = (void *)cgroup;
	struct task_struct *current = current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct event_victim *e = &victim_event;
	__u32 level = 0, cut = 0;

	emit_chain(cgroup, LEAF_VICTIM);
	run.victims++;
	EMIT__BEGIN(e);
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
	emit__copy(&e->h, sizeof(*e), EVENT_VICTIM, run.id);
	return 0;
}

/*
 * Whether the kernel counts the kill of this task in the target's memory.events, or memory.oom_control on v1: for the
 * memory's owner (memcg_memory_event_mm(), include/linux/memcontrol.h), who may be in another cgroup than the task, and
 * on v1 for the owner's cgroup alone. The kernel holds task_lock(), so that the task has its memory.
 */
static __always_inline bool is_counted_for_target(struct task_struct *task)
{
	struct cgroup *cgrp;

	if (!target_cgroup_id)
		return true;
	cgrp = task_cgroup(BPF_CORE_READ(task, mm, owner));
	return memory_on_v1 ? cgroup_id(cgrp) == target_cgroup_id : in_target((__u64)cgrp);
}

static __always_inline int on_mark_in(__u64 address, enum scope scope)
{
	struct task_struct *task = (void *)address;
	bool in_kill = in_run() && run.in_kill;
	struct cgroup *cgrp;
	__u32 flags = 0;

	/* Of a run that had begun before we were attached the kills that come now aren't missed ones. */
	if ((in_kill || may_be_early()) && (scope == SCOPE_MACHINE || is_counted_for_target(task))) {
		__sync_fetch_and_add(&kills_seen, 1);
		if (!in_kill)
			__sync_fetch_and_add(&kills_early, 1);
	}
	if (!in_run())
		return 0;
	if (run.in_kill) {
		run.victim_pid = BPF_CORE_READ(task, tgid);
		run.begun_pid = 0;
		count_kill_in_write();
		if (run.killed++)
			flags |= VICTIM_GROUP;
	} else {
		flags |= VICTIM_EXITING;
	}
	cgrp = task_cgroup(task);
	if (scope != SCOPE_MACHINE && !in_target((__u64)cgrp))
		return 0;
	open_run(run.in_kill ? OOM_KILLED : OOM_EXITING);
	run.task = address;
	emit_victim((__u64)cgrp, flags);
	run.awaited = run.in_kill ? address : 0;
	return 0;
}

__noinline int on_mark(__u64 address)
{
	return on_mark_in(address, SCOPE_ANY);
}

__noinline int on_machine_mark(__u64 address)
{
	return on_mark_in(address, SCOPE_MACHINE);
}

/*
 * SIGKILL from this run: the victim itself gets it before it is marked, and those that share its mm after that.
 * Global: see task.bpf.h.
 */
__noinline int on_shared_kill(__u64 address)
{
	struct task_struct *task = (void *)address;
	struct cgroup *cgrp;

	if (!run.victim_pid || (__u32)BPF_CORE_READ(task, tgid) == run.victim_pid)
		return 0;
	cgrp = task_cgroup(task);
	if (!run.id && !in_target((__u64)cgrp))
		return 0;
	note_kill_begun(address);
	open_run(OOM_KILLED);
	run.task = address;
	emit_victim((__u64)cgrp, VICTIM_SHARES_MM);
	return 0;
}

/* ---- programs ---- */

SEC("?fentry/__oom_kill_process")
int BPF_PROG(btf_kill_begin)
{
	return on_kill_begin(argument_number(ctx, 0));
}

SEC("?kprobe/__oom_kill_process")
int BPF_KPROBE(kp_kill_begin, void *victim)
{
	return on_kill_begin((__u64)victim);
}

SEC("?fentry/mark_oom_victim")
int BPF_PROG(btf_mark)
{
	on_mark(argument_number(ctx, 0));
	tell_more(ctx);
	return 0;
}

SEC("?kprobe/mark_oom_victim")
int BPF_KPROBE(kp_mark, void *task)
{
	on_mark((__u64)task);
	tell_more(ctx);
	return 0;
}
