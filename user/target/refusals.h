/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What other limits than that of memory refuse to a target: processes and threads, huge pages. A program that can't
 * fork, or that gets SIGBUS for want of a huge page, ends in ways that look like an OOM kill.
 */
#ifndef OOMTRACE_REFUSALS_H
#define OOMTRACE_REFUSALS_H

#include <stdbool.h>

#include "record/record.h"

#define REFUSALS_MAX 8

struct refusals_limit {
	char events[32];	/* "pids.events" */
	char file[32];		/* "pids.max" */
	uint64_t before, count; /* of "max" in the former */
	bool has_max;
	uint64_t max;
};

struct refusals {
	struct refusals_limit limits[REFUSALS_MAX];
	size_t count;
	bool known; /* there is a count of processes, and no count can have missed anything */
	bool empty; /* no process was left when they were read */
};

/*
 * Finds and reads the counts of the cgroup whose folder is dir_fd, on cgroup v2: pids.events (kernel 4.5) and
 * hugetlb.SIZE.events (5.6). A cgroup without these controllers has none. Before 6.12 pids.events counts what was
 * refused to the cgroup's own processes, by whatever limit; since then what its limit refused, in it and below it
 * (pids_event(), kernel/cgroup/pids.c).
 */
void refusals__begin(struct refusals *r, int dir_fd);

/* Reads them again; empty: no process is left in it. When the cgroup is gone what was read before stays. */
void refusals__read(struct refusals *r, int dir_fd, bool empty);

/* Writes those that refused something since the beginning to `list`, valid as long as *r. Returns how many. */
size_t refusals__list(const struct refusals *r, struct record_refusal list[REFUSALS_MAX]);

#endif
