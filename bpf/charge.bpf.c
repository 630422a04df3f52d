// SPDX-License-Identifier: GPL-2.0-only
/*
 * Usage of the target's memory cgroups, from their page counters (counters.bpf.h, usage.bpf.h).
 *
 * The kernel enforces limits in page_counter_try_charge(), and calls it for a batch (64 pages; 32 on 5.10), not
 * for each page.
 *
 *   memory_current_read()         on_current_read   first read: takes a cgroup in. Later: settles.
 *   mem_cgroup_css_online()       on_css_online     takes new cgroups in
 *   mem_cgroup_css_offline()      on_css_offline    forgets them
 *   page_counter_try_charge()     counter_moves     -> EVENT_USAGE, for each level up to the target
 *   page_counter_uncharge()       counter_moves     -> EVENT_USAGE, the same
 *   try_to_free_mem_cgroup_pages() on_refused       -> EVENT_USAGE, with the chain (called by reclaim.bpf.c)
 *
 * All hooks are entry hooks. A return hook would cost everybody on the machine more, for each batch. We know of
 * a refused charge from what the kernel does next: it adds one to "max" in memory.events.local of the cgroup that
 * refused, and reclaims for that cgroup in the thread that asked.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "compat.bpf.h"
#include "counters.bpf.h"
#include "event.h"
#include "reclaim_sums.bpf.h"
#include "task.bpf.h"
#include "usage.bpf.h"

#define SETTLE_AT_ONCE 256 /* counters settled in one go */

/* For user space: whether stats_index_address has to be found. */
bool stats_index_wanted;

/* errno, include/uapi/asm-generic/errno-base.h */
#define E2BIG 7

/* Cgroups of the target that found no room in `counters`. */
__u64 counters_refused;

/* Begins to follow a cgroup of the target. */
static __always_inline void add_counter(__u64 css)
{
	struct counter_state state = { .step_pages = STEP_MIN, .kernel_bytes = -1, .sock_bytes = -1 };
	__u64 counter = css_counter(css);
	struct cgroup *cgrp = counter_cgroup(counter);
	__u64 above = (__u64)BPF_CORE_READ((struct page_counter *)counter, parent);
	int err; /* up to 6.3 the upper half of a long would be anything */

	if (!is_followed((__u64)cgrp))
		return;
	state.cgroup_id = cgroup_id(cgrp);
	state.refused_gap_ns = REFUSED_GAP_MIN_NS;
	if (state.cgroup_id != target_cgroup_id)
		state.parent = above;
	/* The root's counter, which has no parent, isn't followed. Nobody asks for the chains of all. */
	if (follows_all && !BPF_CORE_READ((struct page_counter *)above, parent))
		state.parent = 0;
	if (many_targets && !is_followed((__u64)cgroup_parent(cgrp)))
		state.parent = 0;
	state.told = follows_all;
	err = bpf_map_update_elem(&counters, &counter, &state, BPF_NOEXIST);
	if (err == -E2BIG)
		__sync_fetch_and_add(&counters_refused, 1);
	if (err)
		return;
	note_refusals(counter);
	__sync_fetch_and_add(filter_slot(counter - counter_filter_address), 1);
}

static __always_inline void settle_all(void)
{
	__u64 counter;

	for (int i = 0; i < SETTLE_AT_ONCE; i++) {
		if (bpf_map_pop_elem(&unsettled, &counter))
			return;
		usage_level(counter, 0, USAGE_CHANGE, 0);
	}
}

/* User space is reading memory.current to say what it follows, or to have it settled. */
__u32 reader_reads;

/* Others may read memory.current as often as they like, and nothing comes of it. */
static __always_inline int on_current_read(__u64 css)
{
	__u64 counter = css_counter(css);

	if (!may_be_followed(counter) || !bpf_map_lookup_elem(&counters, &counter)) {
		add_counter(css);
		stats_index_wanted = compat__stats_index_wanted();
		usage_level(counter, 0, USAGE_ALWAYS, 0);
		/* Of several targets none need be there to settle the others by. */
		if (!many_targets)
			return 0;
	}
	usage_level(counter, 0, USAGE_CHANGE, 0);
	if (follows_all || cgroup_id(counter_cgroup(counter)) == target_cgroup_id)
		settle_all();
	return 0;
}

static __always_inline int on_css_online(__u64 css)
{
	add_counter(css);
	return 0;
}

/* The last that is known of a cgroup that is being removed. What its pages still hold on to, its parent has. */
static __always_inline int on_css_offline(__u64 css)
{
	__u64 counter = css_counter(css);

	if (!may_be_followed(counter))
		return 0;
	usage_level(counter, 0, USAGE_CHANGE, 0);
	if (!bpf_map_delete_elem(&counters, &counter))
		__sync_fetch_and_add(filter_slot(counter - counter_filter_address), -1);
	return 0;
}

/*
 * Of counters that may be followed. A function of its own: what isn't need not save the registers that this
 * takes. What is about to be charged isn't in usage yet, and may be refused: `delta` is 0, and it shows at the
 * next batch, or when usage is settled. `asked` pages are, for the mark of --on-near-limit.
 */
static __noinline int counter_moves(__u64 counter, __s64 delta, __u64 asked)
{
	follow_usage(counter, delta, asked);
	return 0;
}

/* ---- programs ---- */

SEC("?fentry/memory_current_read")
int BPF_PROG(btf_current_read, struct cgroup_subsys_state *css)
{
	if (!*(volatile __u32 *)&reader_reads)
		return 0;
	learn_filter_address();
	settle_sums();
	return on_current_read(number_of(css));
}

SEC("?kprobe/memory_current_read")
int BPF_KPROBE(kp_current_read, struct cgroup_subsys_state *css)
{
	if (!*(volatile __u32 *)&reader_reads)
		return 0;
	learn_filter_address();
	settle_sums();
	return on_current_read((__u64)css);
}

SEC("?fentry/mem_cgroup_css_online")
int BPF_PROG(btf_css_online, struct cgroup_subsys_state *css)
{
	learn_filter_address();
	return on_css_online(number_of(css));
}

SEC("?kprobe/mem_cgroup_css_online")
int BPF_KPROBE(kp_css_online, struct cgroup_subsys_state *css)
{
	learn_filter_address();
	return on_css_online((__u64)css);
}

SEC("?fentry/mem_cgroup_css_offline")
int BPF_PROG(btf_css_offline, struct cgroup_subsys_state *css)
{
	return on_css_offline(number_of(css));
}

SEC("?kprobe/mem_cgroup_css_offline")
int BPF_KPROBE(kp_css_offline, struct cgroup_subsys_state *css)
{
	return on_css_offline((__u64)css);
}

SEC("?fentry/page_counter_try_charge")
int BPF_PROG(btf_charge, struct page_counter *counter, unsigned long pages)
{
	return is_its_turn(distance_of(counter), pages) ? counter_moves(number_of(counter), 0, pages) : 0;
}

SEC("?kprobe/page_counter_try_charge")
int BPF_KPROBE(kp_charge, struct page_counter *counter, unsigned long pages)
{
	return is_its_turn((__u64)counter - counter_filter_address, pages)
		       ? counter_moves((__u64)counter, 0, pages)
		       : 0;
}

SEC("?fentry/page_counter_uncharge")
int BPF_PROG(btf_uncharge, struct page_counter *counter, unsigned long pages)
{
	return distance_is_followed(distance_of(counter))
		       ? counter_moves(number_of(counter), -(__s64)pages, 0)
		       : 0;
}

SEC("?kprobe/page_counter_uncharge")
int BPF_KPROBE(kp_uncharge, struct page_counter *counter, unsigned long pages)
{
	return may_be_followed((__u64)counter) ? counter_moves((__u64)counter, -(__s64)pages, 0) : 0;
}
