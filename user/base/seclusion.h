/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps a process to itself (seccomp): what files it may open is for landlock.h. */
#ifndef OOMTRACE_SECLUSION_H
#define OOMTRACE_SECLUSION_H

/*
 * From here on this process, and those that it starts, can execute nothing, make no socket, signal or look into no other
 * process, and enter no namespace. Such a call fails with EPERM. The sandbox (sandbox.h) allows less. Needs no_new_privs
 * or CAP_SYS_ADMIN. Returns 0 or a negative errno; -EINVAL: this kernel has no seccomp.
 */
int seclusion__enter(void);

#endif
