/* SPDX-License-Identifier: GPL-2.0-only */
/* The mark of --on-near-limit and --snapshot: whether the usage of a followed counter passes it. */
#ifndef OOMTRACE_NEAR_BPF_H
#define OOMTRACE_NEAR_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "counters.bpf.h"

/* No machine has so many. PAGE_COUNTER_MAX ("max") depends on the size of a page: 2^47 or more. */
#define NO_LIMIT_PAGES (1ULL << 46)

/* Between two that passed the mark of one cgroup: a tiny limit is passed and left with each batch. */
#define NEAR_GAP_NS 1000000000ULL
#define NEAR_RETRY_NS 10000000ULL /* when the first could not be sent */

/*
 * Whether usage passes the mark: once a climb, so that usage which moves about the mark doesn't. A climb that comes too
 * soon is told when it may be, if usage is still there. Of two CPUs at once both may say so; user space takes one.
 */
static __always_inline bool passes_mark(struct counter_state *state, __u64 counter, __u64 usage)
{
	__u64 max, mark, slack, now;

	if (!near_percent)
		return false;
	max = BPF_CORE_READ(counter_memcg(counter), memory.max);
	if (max >= NO_LIMIT_PAGES)
		return false;
	mark = max * near_percent / 100;
	slack = max / 20 < mark / 2 ? max / 20 : mark / 2;
	if (usage < mark) {
		if (usage + slack < mark)
			state->near = 0;
		return false;
	}
	if (state->near)
		return false;
	now = bpf_ktime_get_boot_ns();
	if (state->near_ns && now - state->near_ns < NEAR_GAP_NS)
		return false;
	state->near = 1;
	state->near_ns = now;
	return true;
}

static __always_inline void passes_again(struct counter_state *state)
{
	state->near = 0;
	state->near_ns += NEAR_RETRY_NS - NEAR_GAP_NS;
}

#endif
