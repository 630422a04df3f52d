/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page counters of the target's memory cgroups. The whole machine calls page_counter_try_charge() and
 * page_counter_uncharge(), for other counters too (swap, hugetlb). So calls for other counters must cost next to
 * nothing: before any look-up comes a filter in plain memory, indexed by some bits of the counter's address.
 * Counters that pass have a state in the map `counters`.
 */
#ifndef OOMTRACE_COUNTERS_BPF_H
#define OOMTRACE_COUNTERS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "task.bpf.h"

/* Set by user space before loading: whether usage and reclaim of the target are followed. */
const volatile bool usage_on = false;
/*
 * --all: of every cgroup on the machine, for its flight recorder alone. Nobody wants each point, and everybody pays:
 * see usage.bpf.h.
 */
const volatile bool follows_all = false;

/* Set by user space before loading: the mark, in percent of a limit; 0: nobody wants to know. */
const volatile __u32 near_percent = 0;

#define FILTER_BITS 12

/* A followed counter, by its address. Several CPUs write to it at once; then an event more or less is
 * sent, and its figures are right all the same. */
struct counter_state {
	__u64 cgroup_id;
	__u64 parent;	  /* address of the parent's counter; 0: this is the target's */
	__u64 sent_pages; /* what the last event said */
	__u64 step_pages;
	__u64 due_ns;	  /* when the burst will be over */
	__u64 refusals;	  /* since the last event that told of them */
	__u64 refused_ns; /* when that was sent */
	__u64 refused_gap_ns;
	__u32 unsettled; /* it is in the queue */
	__u32 told;	 /* its path has been sent */
	__u64 kinds_ns;	 /* when the kinds of memory were read; a negative one isn't known */
	__s64 kernel_bytes;
	__s64 sock_bytes;
	__u8 kinds_exact;    /* as far as they are fresh */
	__u8 kinds_fresh;    /* no event has told of this reading */
	__u8 kinds_repeated; /* the last event's weren't */
	__u8 near;	     /* usage is above the mark, and that was told */
	__u8 pad[4];
	__u64 near_ns; /* when it was told last */
};

/* More where the target has many cgroups: see tracer.c; so of `unsettled`. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64); /* address of its struct page_counter */
	__type(value, struct counter_state);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4096);
	__type(value, __u64); /* key of `counters` */
} unsettled SEC(".maps");

/* How many of the followed counters there are for each value of some bits of an address. */
__u32 counter_filter[1 << FILTER_BITS];
/* Its own address; a number to the verifier, see number_of(). */
volatile __u64 counter_filter_address;

/*
 * How far a BTF-typed pointer is from the filter: the difference of two pointers is a number to the verifier,
 * which can be shifted. So is what has been in a map. Until learn_filter_address() number_of() is off by the filter's
 * address: a program that may add the first counter calls it first. For the others the filter has nothing in it then.
 */
static __always_inline void learn_filter_address(void)
{
	counter_filter_address = (__u64)counter_filter;
}

static __always_inline __u64 distance_of(const void *pointer)
{
	__u64 distance = (__u64)pointer;

	asm volatile("%0 -= %1" : "+r"(distance) : "r"(counter_filter));
	return distance;
}

static __always_inline __u64 number_of(const void *pointer)
{
	return distance_of(pointer) + counter_filter_address;
}

/* In a struct mem_cgroup, of 1.5 KiB (7.3) to 2.75 KiB (5.10), one counter is followed: no two in 1 KiB. */
static __always_inline __u32 *filter_slot(__u64 distance)
{
	return &counter_filter[distance >> 10 & ((1 << FILTER_BITS) - 1)];
}

/* False: the counter at this distance is none of ours. True: it may be one, the map knows. */
static __always_inline bool distance_is_followed(__u64 distance)
{
	return *filter_slot(distance);
}

static __always_inline bool may_be_followed(__u64 counter)
{
	return distance_is_followed(counter - counter_filter_address);
}

/* With --all one of so many batches of a slot is looked at: what the others moved shows then. Huge pages are no such batches. */
#define BATCHES_PER_LOOK 4
#define BATCH_PAGES_MAX 64

__u32 batches_passed[1 << FILTER_BITS];

/* Whether a charge at this distance is to be looked at: its counter may be followed, and it is its slot's turn. */
static __always_inline bool is_its_turn(__u64 distance, unsigned long pages)
{
	__u64 slot = distance >> 10 & ((1 << FILTER_BITS) - 1);

	if (!counter_filter[slot])
		return false;
	return !follows_all || pages > BATCH_PAGES_MAX || !(++batches_passed[slot] % BATCHES_PER_LOOK);
}

static __always_inline struct mem_cgroup *counter_memcg(__u64 counter)
{
	return (void *)counter - bpf_core_field_offset(struct mem_cgroup, memory);
}

static __always_inline struct cgroup *counter_cgroup(__u64 counter)
{
	return memcg_cgroup(counter_memcg(counter));
}

static __always_inline __u64 css_counter(__u64 css)
{
	return css - bpf_core_field_offset(struct mem_cgroup, css) +
	       bpf_core_field_offset(struct mem_cgroup, memory);
}

#endif
