/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads what the memory of a cgroup is: the items of memory.stat. */
#ifndef OOMTRACE_MEMORY_BPF_H
#define OOMTRACE_MEMORY_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "compat.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "task.bpf.h"

/* One item, if this kernel has it. `unit`: the bytes that the kernel's figure counts. */
#define FILL_ITEM(e, memcg, item, type, value, unit)                                                    \
	do {                                                                                            \
		if (bpf_core_enum_value_exists(type, value))                                            \
			fill_item(e, item,                                                              \
				  compat__memcg_state((__u64)(memcg), bpf_core_enum_value(type, value), \
						      COMPAT_STATE_READS),                              \
				  unit);                                                                \
	} while (0)

static __always_inline void fill_item(struct event_memory *e, enum memory_item item, __s64 count, __u64 unit)
{
	if (count == STATE_UNKNOWN)
		return;
	e->bytes[item] = count * unit;
	e->known |= 1 << item;
}

/* Whether compat__memcg_state() is exact: what it can't add is what the kernel hasn't summed up of cgroups below. */
static __always_inline bool memcg_states_are_exact(__u64 memcg)
{
	struct cgroup *cgrp;

	if (!compat__adds_unflushed())
		return false;
	cgrp = memcg_cgroup((void *)memcg);
	return cgrp && !BPF_CORE_READ(cgrp, nr_descendants) && !BPF_CORE_READ(cgrp, nr_dying_descendants);
}

/*
 * Kernel memory: the kernel counts it from 5.18 on (a8c49af3be5f "memcg: add per-memcg total kernel memory stat").
 * Before: what of it is counted by itself, which isn't all. Negative: not known.
 */
static __always_inline bool kernel_is_counted(void)
{
	return bpf_core_enum_value_exists(enum memcg_stat_item, MEMCG_KMEM);
}

#define ADD_ITEM(sum, memcg, type, value, unit)                                                          \
	do {                                                                                             \
		if (bpf_core_enum_value_exists(type, value))                                             \
			sum += compat__memcg_state(memcg, bpf_core_enum_value(type, value), 1) * (unit); \
	} while (0)

static __always_inline __s64 memcg_kernel_bytes(__u64 memcg)
{
	__s64 first, sum;

	if (kernel_is_counted()) {
		sum = compat__memcg_state(memcg, bpf_core_enum_value(enum memcg_stat_item, MEMCG_KMEM), 1);
		return sum < 0 ? sum : sum * page_size;
	}
	first = compat__memcg_state(memcg, bpf_core_enum_value(enum node_stat_item, NR_SLAB_UNRECLAIMABLE_B),
				    1);
	if (first < 0)
		return first;
	sum = first;
	ADD_ITEM(sum, memcg, enum node_stat_item, NR_SLAB_RECLAIMABLE_B, 1);
	ADD_ITEM(sum, memcg, enum node_stat_item, NR_KERNEL_STACK_KB, 1024);
	ADD_ITEM(sum, memcg, enum node_stat_item, NR_PAGETABLE, page_size);
	ADD_ITEM(sum, memcg, enum memcg_stat_item, MEMCG_PERCPU_B, 1);
	return sum;
}

static __always_inline __s64 memcg_sock_bytes(__u64 memcg)
{
	__s64 pages = compat__memcg_state(memcg, bpf_core_enum_value(enum memcg_stat_item, MEMCG_SOCK), 1);

	return pages < 0 ? pages : pages * page_size;
}

static struct event_memory memory_event;

/* Called by whoever holds oom_lock. Global: see task.bpf.h. */
__noinline int emit_memory(__u64 memcg_address, __u64 id, __u64 group)
{
	struct mem_cgroup *memcg = (void *)memcg_address;
	struct event_memory *e = &memory_event;
	__u64 page = page_size;

	if (!memcg)
		return 0;
	EMIT__BEGIN(e);
	e->cgroup_id = id;
	if (memcg_states_are_exact(memcg_address))
		e->h.flags |= MEMORY_EXACT;
	FILL_ITEM(e, memcg, MEMORY_ANON, enum node_stat_item, NR_ANON_MAPPED, page);
	FILL_ITEM(e, memcg, MEMORY_FILE, enum node_stat_item, NR_FILE_PAGES, page);
	FILL_ITEM(e, memcg, MEMORY_SHMEM, enum node_stat_item, NR_SHMEM, page);
	FILL_ITEM(e, memcg, MEMORY_SLAB_RECLAIMABLE, enum node_stat_item, NR_SLAB_RECLAIMABLE_B, 1);
	FILL_ITEM(e, memcg, MEMORY_SLAB_UNRECLAIMABLE, enum node_stat_item, NR_SLAB_UNRECLAIMABLE_B, 1);
	FILL_ITEM(e, memcg, MEMORY_KERNEL_STACK, enum node_stat_item, NR_KERNEL_STACK_KB, 1024);
	FILL_ITEM(e, memcg, MEMORY_PAGETABLES, enum node_stat_item, NR_PAGETABLE, page);
	FILL_ITEM(e, memcg, MEMORY_SOCK, enum memcg_stat_item, MEMCG_SOCK, page);
	FILL_ITEM(e, memcg, MEMORY_KERNEL, enum memcg_stat_item, MEMCG_KMEM, page);
	FILL_ITEM(e, memcg, MEMORY_PERCPU, enum memcg_stat_item, MEMCG_PERCPU_B, 1);
	/* From 5.17 on (4e5aa1f4c2b4 "memcg: add per-memcg vmalloc stat"); from 7.1 on one of each node. */
	FILL_ITEM(e, memcg, MEMORY_VMALLOC, enum memcg_stat_item, MEMCG_VMALLOC, page);
	FILL_ITEM(e, memcg, MEMORY_VMALLOC, enum node_stat_item, NR_VMALLOC, page);
	FILL_ITEM(e, memcg, MEMORY_UNEVICTABLE, enum node_stat_item, NR_UNEVICTABLE, page);
	if (!memory_on_v1) {
		e->bytes[MEMORY_SWAP] = BPF_CORE_READ(memcg, swap.usage.counter) * page;
		e->known |= 1 << MEMORY_SWAP;
	}
	emit__copy(&e->h, sizeof(*e), EVENT_MEMORY, group);
	return 0;
}

#endif
