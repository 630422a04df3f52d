/* SPDX-License-Identifier: GPL-2.0-only */
/* A process with nothing left but to compute, to read and to answer (seccomp). */
#ifndef OOMTRACE_SANDBOX_H
#define OOMTRACE_SANDBOX_H

#include <sys/resource.h>

/* Sets a resource limit for good, or to the most that is allowed if that is less. Returns 0 or a negative errno. */
int sandbox__limit(int resource, rlim_t max);

/*
 * From here on this process, and nothing but its end undoes it, can use descriptors that it has, open files
 * for reading that its user may read, and allocate memory; not execute what it has written, start a process,
 * send a signal to another, or have anything else of the kernel. What is left out looks as if the kernel didn't
 * have it (ENOSYS), which a newer C library knows what to do about. Needs no_new_privs or CAP_SYS_ADMIN. Returns 0
 * or a negative errno.
 */
int sandbox__enter(void);

#endif
