// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reclaim for the limits that bind the target, and tasks of the target that memory.high holds back: how often, how
 * long, how many pages. Both happen many times a second to a cgroup at its limit, so they are summed up here and
 * sent now and then.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "compat.bpf.h"
#include "counters.bpf.h"
#include "event.h"
#include "frames.bpf.h"
#include "reclaim_sums.bpf.h"
#include "task.bpf.h"
#include "usage.bpf.h"
#include "writes.bpf.h"

/* Set by user space before loading: the kernel does (PSI), see compat__in_memstall(). */
const volatile bool counts_stalls = true;

/* Of mem_cgroup_handle_over_high(). User space sets them later, where the kernel doesn't; 0: not known. */
__u64 throttle_function, throttle_size;

/* What a thread is in the middle of. */
struct run_key {
	__u32 tid;
	__u32 kind; /* enum reclaim_kind */
};

struct run_start {
	__u64 started_ns;
	__u64 cgroup_id;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct run_key);
	__type(value, struct run_start);
} runs SEC(".maps");

static __always_inline void begin_reclaim_run(__u32 kind, __u64 cgroup_id)
{
	struct run_start start = { bpf_ktime_get_boot_ns(), cgroup_id };
	struct run_key key = { current_tid(), kind };

	bpf_map_update_elem(&runs, &key, &start, BPF_ANY);
}

/* The current thread has come to the end of what it began, if it did. */
static __always_inline void end_reclaim_run(__u32 kind, __u64 pages)
{
	struct run_key key = { current_tid(), kind };
	struct run_start *start = bpf_map_lookup_elem(&runs, &key);
	struct run_sum_key sum_key = { .kind = kind };
	__u64 now, started_ns, duration;
	struct run_sum *sum;

	if (!start)
		return;
	now = bpf_ktime_get_boot_ns();
	started_ns = start->started_ns;
	duration = now - started_ns;
	sum_key.cgroup_id = start->cgroup_id;
	bpf_map_delete_elem(&runs, &key);
	sum = sum_of(&sum_key);
	if (!sum)
		return;
	if (!sum->since_ns || sum->since_ns > started_ns)
		sum->since_ns = started_ns;
	if (duration > sum->longest_ns)
		sum->longest_ns = duration;
	__sync_fetch_and_add(&sum->duration_ns, duration);
	if (pages) /* adding a constant 0 becomes an instruction that 5.10 doesn't have */
		__sync_fetch_and_add(&sum->pages, pages);
	__sync_fetch_and_add(&sum->runs, 1);
	if (now - sum->sent_ns >= RECLAIM_GAP_NS) {
		send_sum(&sum_key, sum);
	} else if (!sum->unsettled) {
		sum->unsettled = 1;
		if (bpf_map_push_elem(&unsettled_sums, &sum_key, 0))
			sum->unsettled = 0;
	}
}

/* try_to_free_mem_cgroup_pages(): for the limit of this cgroup, or of one below it. */
static __always_inline int on_reclaim_begin(__u64 memcg, __u64 pages)
{
	struct cgroup *cgrp = memcg_cgroup((void *)memcg);

	if (!binds_target((__u64)cgrp))
		return 0;
	begin_reclaim_run(RECLAIM_LIMIT, cgroup_id(cgrp));
	return on_refused(memcg, pages);
}

/* Every reclaim of a memcg ends here, so the common case must cost next to nothing. */
static __always_inline int on_reclaim_end(unsigned long reclaimed)
{
	add_reclaimed_in_write(reclaimed);
	if (usage_on)
		end_reclaim_run(RECLAIM_LIMIT, reclaimed);
	return 0;
}

/*
 * schedule_timeout_killable(), which few call: when it is mem_cgroup_handle_over_high(), the task is held back for
 * being over memory.high. That function itself runs whenever a task that was switched out goes back to user mode
 * (for rseq, too), so that everybody would pay for a program there.
 */
static __always_inline int on_throttle_begin(void *ctx)
{
	struct cgroup *cgrp;

	if (counts_stalls) {
		if (!compat__in_memstall())
			return 0;
	} else if (!throttle_function ||
		   frames__where(ctx, throttle_function, throttle_size) != FRAMES_INSIDE) {
		return 0;
	}
	cgrp = BPF_CORE_READ(current_memory_css(), cgroup);
	if (in_target((__u64)cgrp))
		begin_reclaim_run(RECLAIM_THROTTLE, cgroup_id(cgrp));
	return 0;
}

static __always_inline int on_throttle_end(void)
{
	end_reclaim_run(RECLAIM_THROTTLE, 0);
	return 0;
}

/* ---- programs ---- */

/* Only the first argument: what follows it, and so the type, changed in 7.1. */
SEC("?tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(btf_reclaim, unsigned long reclaimed)
{
	return on_reclaim_end(reclaimed);
}

SEC("?raw_tp/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(tp_reclaim, unsigned long reclaimed)
{
	return on_reclaim_end(reclaimed);
}

SEC("?fentry/try_to_free_mem_cgroup_pages")
int BPF_PROG(btf_reclaim_begin, struct mem_cgroup *memcg, unsigned long pages)
{
	return on_reclaim_begin(argument_number(ctx, 0), pages);
}

SEC("?kprobe/try_to_free_mem_cgroup_pages")
int BPF_KPROBE(kp_reclaim_begin, struct mem_cgroup *memcg, unsigned long pages)
{
	return on_reclaim_begin((__u64)memcg, pages);
}

SEC("?fentry/schedule_timeout_killable")
int BPF_PROG(btf_throttle_begin)
{
	return on_throttle_begin(ctx);
}

SEC("?kprobe/schedule_timeout_killable")
int BPF_KPROBE(kp_throttle_begin)
{
	return on_throttle_begin(ctx);
}

SEC("?fexit/schedule_timeout_killable")
int BPF_PROG(btf_throttle_end)
{
	return on_throttle_end();
}

SEC("?kretprobe/schedule_timeout_killable")
int BPF_KRETPROBE(kp_throttle_end)
{
	return on_throttle_end();
}
