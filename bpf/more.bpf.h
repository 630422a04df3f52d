/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tells more of a run of the OOM killer: whom the kernel compared, what memory there was, what the task that asked
 * was doing, and when the memory of a victim is back. None of it decides whether a kill is told, or its cause. So where
 * programs are loaded in two steps (PLAN_LATER), all of this is in the second: see kp_shared.
 */
#ifndef OOMTRACE_MORE_BPF_H
#define OOMTRACE_MORE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "candidates.bpf.h"
#include "chain.bpf.h"
#include "frames.bpf.h"
#include "machine.bpf.h"
#include "memory.bpf.h"
#include "relief.bpf.h"
#include "run.bpf.h"
#include "task.bpf.h"
#include "writes.bpf.h"

__noinline int emit_candidate_chain(__u32 i)
{
	__u64 cgroup = candidates__new_cgroup(i), id = cgroup ? cgroup_id((void *)cgroup) : 0;

	if (id && id != run.leafs[LEAF_LIMIT] && id != run.leafs[LEAF_TRIGGER])
		emit_levels(cgroup, run.id);
	return 0;
}

/* Whom the kernel has compared, with their cgroups. */
__noinline int emit_candidates(void)
{
	if (!scan.looked)
		return 0;
	for (__u32 i = 0; i < EVENT_CANDIDATES_MAX; i++)
		emit_candidate_chain(i);
	emit__copy(&candidates.event.h,
		   candidates.event.h.flags & CANDIDATES_SUMMED ? sizeof(candidates.event)
								: EVENT_CANDIDATES_LEAST,
		   EVENT_CANDIDATES, run.id);
	return 0;
}

/* A victim has been chosen: what memory do those have that were compared? */
__noinline int look_at_chosen(__u64 oc)
{
	struct stack_process trigger = {};

	candidates__look(oc);
	/* It may well be the victim: there is little time left to see what it has mapped. */
	if (in_target((__u64)current_cgroup())) {
		fill_process(&trigger);
		emit_sampled(&trigger, true);
	}
	return 0;
}

/* Global: see task.bpf.h. */
__noinline int await_relief(void)
{
	struct oom_control *oc = (void *)run.oc;
	struct mem_cgroup *memcg = BPF_CORE_READ(oc, memcg);
	__u64 task = run.awaited;

	run.awaited = 0;
	return relief__await(task, (__u64)memcg, memcg ? cgroup_id(memcg_cgroup(memcg)) : 0, run.id);
}

/* Once for each run. */
__noinline int emit_more(void)
{
	struct oom_control *oc = (void *)run.oc;
	__u64 memcg = (__u64)BPF_CORE_READ(oc, memcg);

	/* The kernel has just summed its statistics up, to log them; unless it has logged too many. */
	emit_memory(memcg, memcg ? cgroup_id(memcg_cgroup((void *)memcg)) : 0, run.id);
	if (!memcg)
		emit_machine(run.oc, run.id);
	candidates__look(run.oc); /* where nothing could be killed, nobody was chosen */
	return emit_candidates();
}

/* Once the run has been told of. Called by the programs themselves: kp_more has it once for all that it stands for. */
static __always_inline void tell_more(void *ctx)
{
	struct stack_process p = {};

	if (!in_run() || !run.id)
		return;
	if (run.awaited)
		await_relief();
	if (run.told_more)
		return;
	run.told_more = true;
	emit_more();
	fill_process(&p);
	/* Of a run whose beginning wasn't seen, oom_frames are those of another. */
	emit_stack(ctx, &p, 0, run.id, oom_frames, run.started_ns ? oom_frame_count : 0);
}

#endif
