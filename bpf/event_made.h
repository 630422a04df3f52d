/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two sides tell each other of several targets. A part of event.h, by whose rules it is. */
#ifndef OOMTRACE_EVENT_MADE_H
#define OOMTRACE_EVENT_MADE_H

/* Longer paths are cut: user space looks for the cgroup by its id. */
#define EVENT_MADE_PATH_LEN 800

/* event_made.h.flags */
enum {
	MADE_REMOVED = 1 << 0, /* it has been removed, not made */
	MADE_CUT = 1 << 1,     /* the path isn't whole */
};

/* Of a cgroup that is new, and of the end of one that `targets` has. */
struct event_made {
	struct event_header h;
	__u64 cgroup_id;
	char path[EVENT_MADE_PATH_LEN]; /* from the root of the hierarchy */
};

/* Value of the map `targets`, by cgroup id. What none of these flags is set for isn't in it. */
enum {
	TARGET_FOLLOWED = 1 << 0, /* what happens in it and below it is told */
	TARGET_PENDING =
		1 << 1, /* it is new, and user space is to say whether it is one: told until then, too */
	TARGET_ABOVE = 1 << 2, /* it has a target below it: writes of its limits are told */
};

EVENT_ASSERT(sizeof(struct event_made) == 32 + EVENT_MADE_PATH_LEN);

#endif
