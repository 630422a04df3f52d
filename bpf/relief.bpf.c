// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that comes back after a kill. Every process that ends passes here: what waits for nobody's memory returns
 * after one look at a number and, once there has been a kill, at the clock.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "emit.bpf.h"
#include "event.h"
#include "relief.bpf.h"
#include "task.bpf.h"

static __always_inline bool awaits_relief(void)
{
	return relief_until_ns && bpf_ktime_get_boot_ns() < relief_until_ns;
}

static __noinline struct relief_victim *find_relief(__u64 mm)
{
	return bpf_map_lookup_elem(&relief_victims, &mm);
}

__noinline int tell_relief(__u64 mm, __u32 by)
{
	struct relief_victim *found = find_relief(mm), victim;
	struct mem_cgroup *memcg;
	__u64 usage = 0, max = 0;
	struct event_relief *e;
	bool has_usage = false;

	if (!found)
		return 0;
	victim = *found;
	if (by == RELIEF_EXIT) {
		bpf_map_delete_elem(&relief_victims, &mm);
		bpf_map_delete_elem(&relief_tids, &victim.tid);
	}
	/* Its end was missed: by now the address is another's. */
	if (bpf_ktime_get_boot_ns() - victim.marked_ns > EVENT_RELIEF_WITHIN_NS)
		return 0;
	/* The limit's cgroup may have gone by now, and another be at its place. */
	memcg = (void *)victim.memcg;
	if (memcg && cgroup_id(memcg_cgroup(memcg)) == victim.limit_cgroup_id) {
		usage = BPF_CORE_READ(memcg, memory.usage.counter);
		max = BPF_CORE_READ(memcg, memory.max);
		has_usage = true;
	}
	e = emit__reserve_from(EVENT_RELIEF, sizeof(*e), 0, true);
	if (!e)
		return 0;
	e->h.flags = has_usage ? RELIEF_HAS_USAGE : 0;
	e->oom_id = victim.oom_id;
	e->limit_cgroup_id = victim.limit_cgroup_id;
	e->marked_ns = victim.marked_ns;
	e->usage_before_pages = victim.usage_pages;
	e->usage_after_pages = usage;
	e->max_pages = max;
	e->pid = victim.pid;
	e->by = by;
	__builtin_memcpy(e->comm, victim.comm, sizeof(e->comm));
	emit__submit(e);
	return 0;
}

/* The last user of an mm has let go of it, and its pages are the kernel's again. */
static __always_inline int on_mm_gone(__u64 mm)
{
	return awaits_relief() ? tell_relief(mm, RELIEF_EXIT) : 0;
}

/* The kernel's reaper has done what it can for the task of this tid. It may come again: that is told once. */
__noinline int on_reaped(__u32 tid)
{
	__u64 *found = bpf_map_lookup_elem(&relief_tids, &tid), mm;

	if (!found)
		return 0;
	mm = *found;
	bpf_map_delete_elem(&relief_tids, &tid);
	return tell_relief(mm, RELIEF_REAPER);
}

/* ---- programs ---- */

/* The tracepoint (6.1) is in exit_mmap(), behind the return of the pages. It costs everybody half of what the others do. */
SEC("?tp_btf/exit_mmap")
int BPF_PROG(btf_mm_exit)
{
	/* Reading the argument costs as much as the way into the program: only when there is need. */
	return awaits_relief() ? tell_relief(argument_number(ctx, 0), RELIEF_EXIT) : 0;
}

SEC("?raw_tp/exit_mmap")
int BPF_PROG(tp_mm_exit, void *mm)
{
	return on_mm_gone((__u64)mm);
}

SEC("?fexit/exit_mmap")
int BPF_PROG(btf_mm_gone)
{
	return awaits_relief() ? tell_relief(argument_number(ctx, 0), RELIEF_EXIT) : 0;
}

/* Without the tracepoint. It is called right behind exit_mmap(), whose return doesn't have the argument. */
SEC("?kprobe/mm_put_huge_zero_page")
int BPF_KPROBE(kp_mm_gone, void *mm)
{
	return on_mm_gone((__u64)mm);
}

SEC("?tp_btf/finish_task_reaping")
int BPF_PROG(btf_reaped, int tid)
{
	return on_reaped(tid);
}

SEC("?raw_tp/finish_task_reaping")
int BPF_PROG(tp_reaped, int tid)
{
	return on_reaped(tid);
}
