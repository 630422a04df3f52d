/* SPDX-License-Identifier: GPL-2.0-only */
/* Settles oomtrace's own child processes. */
#ifndef OOMTRACE_CHILD_H
#define OOMTRACE_CHILD_H

#include <stddef.h>

/*
 * Called in the child: puts it out of reach of the terminal, gives it its name (at most 15 bytes), and
 * closes all but these descriptors: it must not hold up somebody else, a pipe's reader or a mount.
 */
void child__settle(const char *name, const int *keep, size_t count);

/*
 * Called in the child: when the thread that forked it ends, it gets SIGKILL, even where it is stopped, or another
 * user's whom its parent couldn't kill. To be called again after a change of the user: the kernel forgets it then.
 */
void child__die_with_parent(void);

#endif
