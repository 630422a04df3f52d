/* SPDX-License-Identifier: GPL-2.0-only */
/* What is left to oomtrace once it has attached, or before it reads what others wrote. SECURITY.md has the whole list. */
#ifndef OOMTRACE_CONFINE_H
#define OOMTRACE_CONFINE_H

#include <stdbool.h>

#include "host/cgroup.h"

/*
 * Gives up, for good, every capability but CAP_BPF, the right to open files that a trace does not read, and the system
 * calls that a trace does not make. A
 * trace reads what the kernel says; another process asks the runtimes (containers/asker.h). `record` is the path
 * of a recording that may go on in other files, so its folder stays writable; `store` is the folder of incidents,
 * `read` folders that stay readable (then NULL; at most 8). NULL: there is none. `changes`: a limit is changed. Open files stay open. Threads that run already
 * keep their capabilities and files, but not their system calls. Before Linux 5.13, or with Landlock off, files that
 * root may open can still be read; written they can be where there is a record, a store or changes. Returns 0 or a negative errno.
 */
int confine__trace(const struct cgroup__hierarchy *h, const char *record, const char *store,
		   const char *const *read, bool changes);

/*
 * The same for who makes a report: what is left is reading these files (then NULL; "-" is none) and
 * `another` (or NULL), files without a name in `temporary`, and with own_log this machine's kernel log.
 * Where that log is the journal's, which another program reads, only capabilities are given up.
 */
int confine__report(char *const *files, const char *another, const char *temporary, bool own_log);

#endif
