/* SPDX-License-Identifier: GPL-2.0-only */
/* Which system calls a process can still make (seccomp): what files it may open is for landlock.h. */
#ifndef OOMTRACE_SANDBOX_H
#define OOMTRACE_SANDBOX_H

#include <sys/resource.h>

/* What sandbox__seclude() leaves to a process that needs it. */
enum sandbox_need {
	SANDBOX__MAPS = 1 << 0,	    /* bpf(2): reads and writes BPF maps that it has open */
	SANDBOX__SOCKETS = 1 << 1,  /* connects to Unix sockets of daemons, which may do what root asks for */
	SANDBOX__CHILDREN = 1 << 2, /* kills single processes, and lets stopped ones go on */
	SANDBOX__REMOVES = 1 << 3,  /* removes files, by unlinkat() */
	SANDBOX__FILES = 1 << 4,    /* opens files for writing, makes, renames and removes them */
};

/* Sets a resource limit for good, or to the most that is allowed if that is less. Returns 0 or a negative errno. */
int sandbox__limit(int resource, rlim_t max);

/*
 * Keeps this process, with all of its threads and those that it starts later, to itself until it ends: it executes
 * nothing, looks into no other process, enters no namespace, changes nobody's rights, types into no terminal and asks
 * for none of the parts of the kernel that few need. Of sockets, signals, bpf(2) and writable files is left what
 * `needs`, of enum sandbox_need, has. Such a call fails with EPERM, and one that is newer than those that we know with
 * ENOSYS. Needs no_new_privs or CAP_SYS_ADMIN. Returns 0, also where the kernel has no seccomp, or a negative errno.
 */
int sandbox__seclude(unsigned int needs);

/*
 * Locks this process, of one thread, down until it ends. It can still use its descriptors, open files for reading that
 * its user may read, and allocate memory. It can't execute what it has written, start a process, signal another process,
 * or use any other system call. Such a call fails with ENOSYS, as on a kernel that doesn't have it, because a
 * newer C library handles that. Needs no_new_privs or CAP_SYS_ADMIN. Returns 0 or a negative errno.
 */
int sandbox__enter(void);

#endif
