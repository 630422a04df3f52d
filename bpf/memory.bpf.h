/* SPDX-License-Identifier: GPL-2.0-only */
/* What the memory of a cgroup is: what memory.stat says, as the kernel last summed it up. */
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
#define FILL_ITEM(e, memcg, item, type, value, unit)                                                \
	do {                                                                                        \
		if (bpf_core_enum_value_exists(type, value))                                        \
			fill_item(e, item, compat__memcg_state((__u64)(memcg),                      \
							       bpf_core_enum_value(type, value)), unit); \
	} while (0)

static __always_inline void fill_item(struct event_memory *e, enum memory_item item, __s64 count,
				      __u64 unit)
{
	if (count == STATE_UNKNOWN)
		return;
	e->bytes[item] = count * unit;
	e->known |= 1 << item;
}

__noinline int emit_memory(__u64 memcg_address, __u64 id, __u64 group)
{
	struct mem_cgroup *memcg = (void *)memcg_address;
	__u64 page = page_size;
	struct event_memory *e;

	if (!memcg)
		return 0;
	e = emit__reserve(EVENT_MEMORY, sizeof(*e), group);
	if (!e)
		return 0;
	e->cgroup_id = id;
	FILL_ITEM(e, memcg, MEMORY_ANON, enum node_stat_item, NR_ANON_MAPPED, page);
	FILL_ITEM(e, memcg, MEMORY_FILE, enum node_stat_item, NR_FILE_PAGES, page);
	FILL_ITEM(e, memcg, MEMORY_SHMEM, enum node_stat_item, NR_SHMEM, page);
	FILL_ITEM(e, memcg, MEMORY_SLAB_RECLAIMABLE, enum node_stat_item, NR_SLAB_RECLAIMABLE_B, 1);
	FILL_ITEM(e, memcg, MEMORY_SLAB_UNRECLAIMABLE, enum node_stat_item, NR_SLAB_UNRECLAIMABLE_B, 1);
	FILL_ITEM(e, memcg, MEMORY_KERNEL_STACK, enum node_stat_item, NR_KERNEL_STACK_KB, 1024);
	FILL_ITEM(e, memcg, MEMORY_PAGETABLES, enum node_stat_item, NR_PAGETABLE, page);
	FILL_ITEM(e, memcg, MEMORY_SOCK, enum memcg_stat_item, MEMCG_SOCK, page);
	FILL_ITEM(e, memcg, MEMORY_KERNEL, enum memcg_stat_item, MEMCG_KMEM, page);
	if (!memory_on_v1) {
		e->bytes[MEMORY_SWAP] = BPF_CORE_READ(memcg, swap.usage.counter) * page;
		e->known |= 1 << MEMORY_SWAP;
	}
	emit__submit(e);
	return 0;
}

#endif
