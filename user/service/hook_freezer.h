/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds a cgroup still (cgroup.freeze), and lets it go however we end: another process, in the guards' cgroup, has the same
 * file open, and writes to it when we are gone.
 */
#ifndef OOMTRACE_HOOK_FREEZER_H
#define OOMTRACE_HOOK_FREEZER_H

#include "host/cgroup_path.h"

struct hook_freezer;

/*
 * Only cgroups in `below` ("": all but the root) of the hierarchy, which must outlive the freezer, will be frozen. Forks the
 * other process, which has none of our descriptors. Returns 0 or a negative errno.
 */
int hook_freezer__start(const struct cgroup__hierarchy *h, const char *below, struct hook_freezer **out);

/*
 * Freezes the cgroup, and waits some milliseconds until its processes are still; they may be in the kernel for longer.
 * Returns a descriptor for hook_freezer__thaw(), or a negative errno: -EALREADY (somebody else has frozen it, and it
 * stays so), -EDEADLK (we, or who has forked us, are in it), -EXDEV (not a cgroup that we may freeze).
 */
int hook_freezer__freeze(struct hook_freezer *freezer, const char *cgroup);

/* Lets it go, and closes the descriptor. Negative: nothing. */
void hook_freezer__thaw(struct hook_freezer *freezer, int fd);

/* Lets everything go. Takes NULL. */
void hook_freezer__stop(struct hook_freezer *freezer);

#endif
