/* SPDX-License-Identifier: GPL-2.0-only */
/* One oomtrace at a time changes a cgroup's limit. */
#ifndef OOMTRACE_LOCK_H
#define OOMTRACE_LOCK_H

#include <stdint.h>

/*
 * Locks the cgroup with this id. The lock is a file in a folder that only we may enter. It is not the cgroup's
 * own folder, because any process can open that and lock it for ever. The descriptor holds the lock, and so do
 * its copies in other processes. Returns the descriptor (the caller closes it), -EWOULDBLOCK (another oomtrace
 * holds the lock), -EPERM (the folder is somebody else's), or the negative errno of making the file.
 */
int lock__take(uint64_t cgroup_id);

/* Removes the file of a lock that is still held, so that no files pile up. */
void lock__remove(uint64_t cgroup_id);

#endif
