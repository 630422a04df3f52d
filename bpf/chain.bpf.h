/* SPDX-License-Identifier: GPL-2.0-only */
/* Cgroups as events: each level from one up to the root. */
#ifndef OOMTRACE_CHAIN_BPF_H
#define OOMTRACE_CHAIN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "emit.bpf.h"
#include "event.h"
#include "task.bpf.h"

static __always_inline void fill_memory(struct event_cgroup *e, struct mem_cgroup *memcg)
{
	e->usage_pages = BPF_CORE_READ(memcg, memory.usage.counter);
	e->max_pages = BPF_CORE_READ(memcg, memory.max);
	e->high_pages = BPF_CORE_READ(memcg, memory.high);
	e->peak_pages = BPF_CORE_READ(memcg, memory.watermark);
	e->h.flags |= CGROUP_HAS_MEMORY;
	if (!memory_on_v1) {
		e->swap_usage_pages = BPF_CORE_READ(memcg, swap.usage.counter);
		e->swap_max_pages = BPF_CORE_READ(memcg, swap.max);
		e->h.flags |= CGROUP_HAS_SWAP;
	}
	if (BPF_CORE_READ(memcg, oom_group))
		e->h.flags |= CGROUP_OOM_GROUP;
}

/*
 * Sends one level. Returns the address of its parent, or 0. A function of its own for the verifier's sake: it
 * need not look at 32 levels' worth of this.
 */
__noinline __u64 emit_level(__u64 cgroup, __u64 leaf_id, __u64 group, __u64 level)
{
	struct cgroup *cgrp = (void *)cgroup;
	struct cgroup *parent = cgroup_parent(cgrp);
	struct mem_cgroup *memcg = cgroup_memcg(cgrp);
	const char *name = BPF_CORE_READ(cgrp, kn, name);
	struct event_cgroup *e = emit__reserve(EVENT_CGROUP, sizeof(*e), group);

	if (!e)
		return (__u64)parent;
	e->leaf_id = leaf_id;
	e->id = cgroup_id(cgrp);
	if (parent) {
		e->parent_id = cgroup_id(parent);
		if (level == EVENT_CGROUP_LEVELS - 1)
			e->h.flags |= CGROUP_CUT;
	}
	bpf_probe_read_kernel_str(e->name, sizeof(e->name), name);
	if (memcg)
		fill_memory(e, memcg);
	emit__submit(e);
	return (__u64)parent;
}

/* Sends the levels from a cgroup up to the root. */
__noinline int emit_levels(__u64 cgroup, __u64 group)
{
	__u64 leaf_id = cgroup_id((void *)cgroup);

	for (__u64 i = 0; i < EVENT_CGROUP_LEVELS && cgroup; i++)
		cgroup = emit_level(cgroup, leaf_id, group, i);
	return 0;
}

#endif
