/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim for the limits that bind the target, and tasks of the target held back by memory.high: how often,
 * how long, how many pages. Both happen many times a second to a cgroup at its limit, so that they are
 * summed up here and sent now and then.
 */
#ifndef OOMTRACE_RECLAIM_BPF_H
#define OOMTRACE_RECLAIM_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "charge.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "limit.bpf.h"
#include "task.bpf.h"

#define RECLAIM_GAP_NS 100000000ULL /* between two events of a cgroup, at least */
#define THROTTLE_MIN_NS 1000000ULL  /* less than this isn't held back, only asked */
#define RECLAIM_SETTLE_AT_ONCE 64

/* What a thread is in the middle of. Reclaim may happen inside of throttling. */
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

struct run_sum_key {
	__u64 cgroup_id;
	__u64 kind;
};

/* The runs of a cgroup that haven't been sent. One that ends while another CPU sends may go missing. */
struct run_sum {
	__u64 since_ns;
	__u64 sent_ns;
	__u64 duration_ns;
	__u64 longest_ns;
	__u64 pages;
	__u32 runs;
	__u32 unsettled; /* it is in the queue */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct run_sum_key);
	__type(value, struct run_sum);
} run_sums SEC(".maps");

/* Sums to be sent when user space next asks for what is left. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1024);
	__type(value, struct run_sum_key);
} unsettled_sums SEC(".maps");

static __always_inline void begin_reclaim_run(__u32 kind, __u64 cgroup_id)
{
	struct run_start start = { bpf_ktime_get_boot_ns(), cgroup_id };
	struct run_key key = { current_tid(), kind };

	bpf_map_update_elem(&runs, &key, &start, BPF_ANY);
}

static __always_inline void send_sum(const struct run_sum_key *key, struct run_sum *sum)
{
	struct event_reclaim *e;

	if (!sum->runs)
		return;
	e = emit__reserve(EVENT_RECLAIM, sizeof(*e), 0);
	if (!e)
		return; /* with the next */
	e->cgroup_id = key->cgroup_id;
	e->kind = key->kind;
	e->since_ns = sum->since_ns;
	e->duration_ns = sum->duration_ns;
	e->longest_ns = sum->longest_ns;
	e->pages = sum->pages;
	e->runs = sum->runs;
	sum->sent_ns = e->h.ts_ns;
	sum->since_ns = sum->duration_ns = sum->longest_ns = sum->pages = 0;
	sum->runs = 0;
	emit__submit(e);
}

static __always_inline struct run_sum *sum_of(const struct run_sum_key *key)
{
	struct run_sum *sum = bpf_map_lookup_elem(&run_sums, key);
	struct run_sum first = {};

	if (sum)
		return sum;
	bpf_map_update_elem(&run_sums, key, &first, BPF_NOEXIST);
	return bpf_map_lookup_elem(&run_sums, key);
}

/* Reclaim inside of throttling counts once, as reclaim: its time is taken from the other's. */
static __noinline void leave_out_of_throttling(__u64 duration_ns)
{
	struct run_key key = { current_tid(), RECLAIM_THROTTLE };
	struct run_start *around = bpf_map_lookup_elem(&runs, &key);

	if (around)
		around->started_ns += duration_ns;
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
	if (kind == RECLAIM_LIMIT)
		leave_out_of_throttling(duration);
	if (kind == RECLAIM_THROTTLE && duration < THROTTLE_MIN_NS)
		return;
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

static __always_inline void settle_sums(void)
{
	struct run_sum_key key = {};

	for (int i = 0; i < RECLAIM_SETTLE_AT_ONCE; i++) {
		struct run_sum *sum;

		if (bpf_map_pop_elem(&unsettled_sums, &key))
			return;
		sum = bpf_map_lookup_elem(&run_sums, &key);
		if (!sum)
			continue;
		sum->unsettled = 0;
		send_sum(&key, sum);
	}
}

/* try_to_free_mem_cgroup_pages(): for the limit of this cgroup, or of one below it. */
static __always_inline int on_reclaim_begin(__u64 memcg, __u64 pages)
{
	struct cgroup *cgrp = BPF_CORE_READ((struct mem_cgroup *)memcg, css.cgroup);

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

/* Called on the way back to user mode, nearly always in vain: then the task isn't over memory.high. */
static __always_inline int on_throttle_begin(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct cgroup *cgrp;

	if (!BPF_CORE_READ(task, memcg_nr_pages_over_high))
		return 0;
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

#endif
