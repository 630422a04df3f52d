/* SPDX-License-Identifier: GPL-2.0-only */
/* The limits on the way from a cgroup to the root. */
#ifndef OOMTRACE_CGROUP_LIMITS_H
#define OOMTRACE_CGROUP_LIMITS_H

#include "host/cgroup.h"

/*
 * Finds the lowest memory.max of a cgroup and of those above it, and the path of the cgroup that has it; UINT64_MAX
 * and "" when none has a limit.
 * Returns 0 or a negative errno.
 */
int cgroup_limits__lowest(const struct cgroup__hierarchy *h, const char *path, uint64_t *max_bytes,
			  char *whose, size_t size);

#endif
