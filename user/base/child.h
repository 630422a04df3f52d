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

#endif
