/* SPDX-License-Identifier: GPL-2.0-only */
/* The event for memory that comes back after a kill. A part of event.h, by whose rules it is. */
#ifndef OOMTRACE_EVENT_RELIEF_H
#define OOMTRACE_EVENT_RELIEF_H

/* So long after a kill the programs look for its victim's memory; after that it is unknown when that came back. */
#define EVENT_RELIEF_WITHIN_NS 30000000000ULL

enum relief_by {
	RELIEF_EXIT = 1,   /* the victim has let go of its memory, as it exits */
	RELIEF_REAPER = 2, /* the kernel's reaper has taken from it what it could */
};

/* event_relief.h.flags */
enum {
	RELIEF_HAS_USAGE = 1 << 0, /* the figures of the limit's counter are valid */
};

struct event_relief {
	struct event_header h;
	__u64 oom_id;		  /* the group of the run that killed it */
	__u64 limit_cgroup_id;	  /* 0: the whole machine */
	__u64 marked_ns;	  /* CLOCK_BOOTTIME when it was marked as a victim */
	__u64 usage_before_pages; /* of the limit's counter, when it was marked */
	__u64 usage_after_pages;
	__u64 max_pages;
	__u32 pid; /* thread group id */
	__u32 by;  /* enum relief_by */
	char comm[EVENT_COMM_LEN];
};

EVENT_ASSERT(sizeof(struct event_relief) == 80 + EVENT_COMM_LEN);

#endif
