/* SPDX-License-Identifier: GPL-2.0-only */
/* Sums of a cgroup's reclaim and throttling. Both happen many times a second, so they are summed up and sent now and then. */
#ifndef OOMTRACE_RECLAIM_SUMS_BPF_H
#define OOMTRACE_RECLAIM_SUMS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "emit.bpf.h"
#include "event.h"

#define RECLAIM_GAP_NS 100000000ULL /* between two events of a cgroup, at least */
#define RECLAIM_SETTLE_AT_ONCE 64

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

/* Sends one of them. Returns whether there was one. Global: see task.bpf.h. */
__noinline int settle_sum(void)
{
	struct run_sum_key key = {};
	struct run_sum *sum;

	if (bpf_map_pop_elem(&unsettled_sums, &key))
		return false;
	sum = bpf_map_lookup_elem(&run_sums, &key);
	if (!sum)
		return true;
	sum->unsettled = 0;
	send_sum(&key, sum);
	return true;
}

static __always_inline void settle_sums(void)
{
	for (int i = 0; i < RECLAIM_SETTLE_AT_ONCE && settle_sum(); i++)
		;
}

#endif
