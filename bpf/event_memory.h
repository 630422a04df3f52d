/* SPDX-License-Identifier: GPL-2.0-only */
/* The event for what the memory at a limit was. A part of event.h, by whose rules it is. */
#ifndef OOMTRACE_EVENT_MEMORY_H
#define OOMTRACE_EVENT_MEMORY_H

enum memory_item {
	MEMORY_ANON,
	MEMORY_FILE,
	MEMORY_SHMEM, /* also in MEMORY_FILE */
	MEMORY_SLAB_RECLAIMABLE,
	MEMORY_SLAB_UNRECLAIMABLE,
	MEMORY_KERNEL_STACK,
	MEMORY_PAGETABLES,
	MEMORY_SOCK,
	MEMORY_SWAP,
	MEMORY_KERNEL, /* all kernel memory: slab, stacks, page tables, per-cpu and more */
	MEMORY_PERCPU,
	MEMORY_VMALLOC,
	MEMORY_UNEVICTABLE, /* also in MEMORY_ANON or MEMORY_FILE: locked, or in ramfs */
	MEMORY_ITEMS,
};

/* event_memory.h.flags */
enum {
	MEMORY_EXACT = 1 << 0, /* else approximate: the kernel sums some of it up later */
};

/* memory.stat of the limit's cgroup. */
struct event_memory {
	struct event_header h;
	__u64 cgroup_id;
	__u32 known; /* bit by enum memory_item: the kernel has it and it could be read */
	__u32 pad;
	__u64 bytes[MEMORY_ITEMS];
};

EVENT_ASSERT(sizeof(struct event_memory) == 40 + 8 * MEMORY_ITEMS);

#endif
