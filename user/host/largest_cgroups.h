/* SPDX-License-Identifier: GPL-2.0-only */
/* The cgroups with the most memory, as they are now. */
#ifndef OOMTRACE_LARGEST_CGROUPS_H
#define OOMTRACE_LARGEST_CGROUPS_H

#include <limits.h>

#include "host/cgroup.h"

#define LARGEST_CGROUPS_MAX 10
#define LARGEST_CGROUPS_LOOKED_MAX 4096 /* at most so many are looked at */

struct largest_cgroup {
	char path[PATH_MAX];
	uint64_t usage_bytes;
};

struct largest_cgroups {
	struct largest_cgroup list[LARGEST_CGROUPS_MAX]; /* the largest first */
	size_t count;
	uint64_t looked_at; /* of those without one below them */
	bool cut;	    /* there may be more: it took too long, or there were too many */
};

/*
 * Reads the usage of each cgroup that has the memory controller and none below it that has, so that nothing counts
 * twice. Ends before CLOCK_BOOTTIME is until_ns, but for one read. Without a hierarchy of v2 nothing is looked at.
 */
void largest_cgroups__read(const struct cgroup__hierarchy *h, uint64_t until_ns, struct largest_cgroups *out);

#endif
