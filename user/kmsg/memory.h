/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory in the kernel's report: counters and memory.stat of a cgroup, zones of the machine. Pure. */
#ifndef OOMTRACE_KMSG_MEMORY_H
#define OOMTRACE_KMSG_MEMORY_H

#include <stdbool.h>

#include "base/span.h"
#include "kmsg/incident.h"

/* "memory: usage 4kB, limit 4kB, failcnt 8", and memory+swap, kmem, swap. False: it is none of them. */
bool memory__counter(struct span text, struct kmsg_incident *incident);

/* "cache:20KB rss:131052KB ...": one cgroup of several, whose figures add up (up to 5.2). */
void memory__stat_list(struct span text, struct kmsg_stats *stats);

/* "anon 267386880": a line as in memory.stat. False: it isn't one. */
bool memory__stat_line(struct span text, struct kmsg_stats *stats);

/* A line of the machine's memory, after "Mem-Info:". False: it is none. */
bool memory__machine(struct span text, struct kmsg_machine *machine);

/* The size of a page, as the lists of free chunks or the sums in pages and in kB tell it; 0: they don't. */
uint32_t memory__page_size(const struct kmsg_machine *machine);

#endif
