/* SPDX-License-Identifier: GPL-2.0-only */
/* The command lines of victims, which may be gone already: learnt before, and kept by the kernel side. */
#ifndef OOMTRACE_CMDLINES_H
#define OOMTRACE_CMDLINES_H

#include "host/cgroup.h"
#include "target/target.h"
#include "trace/tracer.h"

/*
 * The command line of a victim that isn't known from the kill itself: as it was at its exec or at our
 * start ("earlier"), or that of its parent, or of another ancestor, which a process that was only forked
 * has too ("parent", "ancestor"). /proc isn't looked at: reading a dying process's memory brings pages in,
 * which are charged to its cgroup while that is out of memory. Returns 0 and sets *source, or -ENOENT.
 */
int cmdlines__of_victim(struct tracer *tracer, const struct event_victim *victim, struct cmdline_entry *out,
			const char **source);

/* Notes the command lines of all processes of the target. Those that end meanwhile are passed over. */
void cmdlines__learn(struct tracer *tracer, const struct cgroup__hierarchy *h, const struct target *target);

#endif
