/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds a cgroup still (cgroup.freeze), and lets it go however we end: another process, in the guards' cgroup, has the same
 * file open, and writes to it when we are gone.
 */
#ifndef OOMTRACE_HOOK_FREEZER_H
#define OOMTRACE_HOOK_FREEZER_H

#include <stdbool.h>
#include <sys/types.h>

#include "host/cgroup_path.h"

struct hook_freezer;

/* Which cgroups may be frozen: what asks for it may be out of order. */
struct hook_freezer_scope {
	const char *below; /* this one, and those in it; "": none but for what follows */
	bool containers;   /* every container of a runtime, by its path; a pod is none */
};

/*
 * The hierarchy must outlive the freezer. Forks the other process, which has none of our descriptors. Returns 0 or a
 * negative errno.
 */
int hook_freezer__start(const struct cgroup__hierarchy *h, const struct hook_freezer_scope *scope,
			struct hook_freezer **out);

/*
 * Freezes the cgroup, and waits some milliseconds until its processes are still; they may be in the kernel for longer.
 * Returns a number for hook_freezer__thaw(), or a negative errno: -EALREADY (somebody else has frozen it, and it
 * stays so), -EDEADLK (we, or who has forked us, are in it), -EXDEV (not a cgroup that we may freeze).
 */
int hook_freezer__freeze(struct hook_freezer *freezer, const char *cgroup);

/*
 * Lets it go. Negative: nothing. Returns -EALREADY when somebody else has frozen it meanwhile, so that it stays frozen;
 * any other result means that it isn't, or is gone.
 */
int hook_freezer__thaw(struct hook_freezer *freezer, int number);

/* A child of ours has ended, and was waited for: if it was the other process, there will be another one. Takes NULL. */
void hook_freezer__ended(struct hook_freezer *freezer, pid_t pid);

/* Lets everything go. Takes NULL. */
void hook_freezer__stop(struct hook_freezer *freezer);

#endif
