/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads what /proc has of a process, in the same form as the BPF side. */
#ifndef OOMTRACE_PROC_H
#define OOMTRACE_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/*
 * Reads the command line and start time of a process. The time is in whole clock ticks, so up to
 * 10 ms before the kernel's own. Never makes the kernel bring in a page of the process. Returns 0,
 * -ESRCH (no such process), or -ENODATA (it has no command line: a kernel thread, or it is exiting; or
 * the page that holds it isn't in memory, or we may not know whether it is, without CAP_SYS_PTRACE).
 */
int proc__cmdline(uint32_t pid, struct cmdline_entry *out);

/* When a process started, in whole clock ticks as above. Returns 0 or a negative errno. */
int proc__start(uint32_t pid, uint64_t *start_ns);

/*
 * Whether a process is stopped (SIGSTOP, a debugger) or waits in the kernel where it can't be interrupted: for
 * a disk, or a lock. False, too, when there is none such.
 */
bool proc__hangs(uint32_t pid);

/* The parent of a process; 0: it has none that we see, or there is no such process. */
uint32_t proc__parent(uint32_t pid);

/* The first child of a process with one thread; 0: it has none, or the kernel doesn't say. */
uint32_t proc__first_child(uint32_t pid);

/* Whether two start times, of which one may be from /proc, can be of the same process. */
bool proc__same_start(uint64_t a_ns, uint64_t b_ns);

/* Calls fn for each process that there is. Returns 0 or a negative errno. */
int proc__each(void (*fn)(void *ctx, uint32_t pid), void *ctx);

#endif
