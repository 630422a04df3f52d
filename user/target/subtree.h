/* SPDX-License-Identifier: GPL-2.0-only */
/* The paths of cgroups in the target's subtree, by id. */
#ifndef OOMTRACE_SUBTREE_H
#define OOMTRACE_SUBTREE_H

#include "target/target.h"

struct subtree {
	const struct cgroup__hierarchy *hierarchy;
	const struct target *target;
	uint64_t again_ns; /* when the tree may be walked again */
};

/*
 * Finds a cgroup below the target by walking the tree, a few times a second at most, and for
 * at most a tenth of the time. Returns whether it was
 * found. A cgroup that wasn't found may be found next time.
 */
bool subtree__path(struct subtree *subtree, uint64_t id, uint64_t now_ns, char *path, size_t size);

#endif
