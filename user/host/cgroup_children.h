/* SPDX-License-Identifier: GPL-2.0-only */
/* What the cgroups right below one use. Reading that charges nobody and waits for nobody. */
#ifndef OOMTRACE_CGROUP_CHILDREN_H
#define OOMTRACE_CGROUP_CHILDREN_H

#include "host/cgroup.h"

#define CGROUP_CHILDREN_MAX 256
#define CGROUP_CHILDREN_NAME 256 /* NAME_MAX + 1 */

struct cgroup_child {
	uint64_t id;
	uint64_t usage_bytes, max_bytes; /* memory.current and memory.max; UINT64_MAX: no limit */
	char name[CGROUP_CHILDREN_NAME];
};

struct cgroup_children {
	struct cgroup_child list[CGROUP_CHILDREN_MAX]; /* the first `read` are valid */
	size_t read;
	size_t count;	     /* those that weren't read, too */
	uint64_t read_ns;    /* CLOCK_BOOTTIME when all were */
	bool has_rest;	     /* all were read, and the usage of the cgroup above them at both ends of that */
	uint64_t rest_bytes; /* what is charged to that cgroup and to none of them, at least */
	uint64_t removed;    /* cgroups below that have been removed and that something still refers to */
};

/*
 * Reads them, by the path that the kernel has for the cgroup above them, if that is still the one with this id. Ends
 * early after 0.1 s. Returns 0, -ESTALE (another has its name), -EXDEV (it isn't below the mount), or an errno.
 */
int cgroup_children__read(const struct cgroup__hierarchy *h, const char *path, uint64_t id,
			  struct cgroup_children *out);

#endif
