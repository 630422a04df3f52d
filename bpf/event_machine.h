/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of the machine at a run of the OOM killer that isn't for a cgroup's limit. A part of event.h. */
#ifndef OOMTRACE_EVENT_MACHINE_H
#define OOMTRACE_EVENT_MACHINE_H

#define EVENT_ZONES_MAX 16 /* of the nodes that count; those of further nodes are cut */
#define EVENT_ZONE_NAME_LEN 8

struct event_zone {
	__u64 free_pages;
	__u64 watermark_pages[3]; /* min, low, high, without the boost */
	__u64 boost_pages;
	__u64 managed_pages;
	__u32 node;
	char name[EVENT_ZONE_NAME_LEN];
	__u32 pad;
};

/* event_machine.known */
enum {
	MACHINE_HAS_SWAP = 1 << 0,
	MACHINE_HAS_SLAB = 1 << 1,
	MACHINE_HAS_SHMEM = 1 << 2,
	MACHINE_ZONES_CUT = 1 << 3,
};

struct event_machine {
	struct event_header h;
	__u64 swap_free_pages, swap_total_pages;
	/* Sums over the nodes of the zones. */
	__u64 slab_reclaimable_pages, slab_unreclaimable_pages, shmem_pages;
	__u32 known;
	__u32 zone_count;
	struct event_zone zones[EVENT_ZONES_MAX];
};

EVENT_ASSERT(sizeof(struct event_zone) == 64);
EVENT_ASSERT(sizeof(struct event_machine) == 72 + 64 * EVENT_ZONES_MAX);

#endif
