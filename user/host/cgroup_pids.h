/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes of a cgroup, as its cgroup.procs has them. */
#ifndef OOMTRACE_CGROUP_PIDS_H
#define OOMTRACE_CGROUP_PIDS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Calls fn for each process of the cgroup itself, not of those below, until fn returns false. Processes of a pid namespace
 * that isn't below ours have no pid here and are left out. A cgroup that is gone has none. A process may have ended, and
 * another may have its pid, by the time that fn sees it.
 */
void cgroup_pids__each(int dir_fd, bool (*fn)(void *ctx, uint32_t pid), void *ctx);

#endif
