/* SPDX-License-Identifier: GPL-2.0-only */
/* What is left to oomtrace once it has attached. SECURITY.md has the whole list. */
#ifndef OOMTRACE_CONFINE_H
#define OOMTRACE_CONFINE_H

#include "host/cgroup.h"

/*
 * Gives up, for good, every capability but CAP_BPF, and the right to open files other than those that a trace
 * reads: what the kernel and container runtimes tell of themselves. `record` is the path of a recording that
 * may go on in other files, or NULL: its folder stays writable. Files that are open stay so. Threads that run
 * already keep what they have. Before Linux 5.13, or with Landlock off, only capabilities are given up.
 * Returns 0 or a negative errno.
 */
int confine__trace(const struct cgroup__hierarchy *h, const char *record);

#endif
