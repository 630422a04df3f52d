/* SPDX-License-Identifier: GPL-2.0-only */
/* Locks a process down, so that it can only compute, read and answer (seccomp). */
#ifndef OOMTRACE_SANDBOX_H
#define OOMTRACE_SANDBOX_H

#include <sys/resource.h>

/* Sets a resource limit for good, or to the most that is allowed if that is less. Returns 0 or a negative errno. */
int sandbox__limit(int resource, rlim_t max);

/*
 * Locks this process down until it ends. It can still use its descriptors, open files for reading that its user
 * may read, and allocate memory. It can't execute what it has written, start a process, signal another process,
 * or use any other system call. Such a call fails with ENOSYS, as on a kernel that doesn't have it, because a
 * newer C library handles that. Needs no_new_privs or CAP_SYS_ADMIN. Returns 0 or a negative errno.
 */
int sandbox__enter(void);

#endif
