/* SPDX-License-Identifier: GPL-2.0-only */
/* The command lines of victims. A victim may be gone already, so they are learnt early and kept by the kernel side. */
#ifndef OOMTRACE_CMDLINES_H
#define OOMTRACE_CMDLINES_H

#include "host/cgroup.h"
#include "target/target.h"
#include "trace/tracer.h"

/*
 * Finds the command line of a victim when the kill itself didn't have it. It is the one at the victim's exec or
 * at our start ("earlier"), or that of its parent or another ancestor, from which the victim was only forked
 * ("parent", "ancestor"). /proc is not read, because reading a dying process's memory brings pages in, and
 * charges them to a cgroup that is out of memory. Returns 0 and sets *source, or -ENOENT.
 */
int cmdlines__of_victim(struct tracer *tracer, const struct event_victim *victim, struct cmdline_entry *out,
			const char **source);

/*
 * Notes the command lines of all processes of the target, for which it takes about a second at most. Those
 * that end meanwhile are passed over. Returns of how many processes it could not be read in time (a lock in
 * the kernel that somebody else holds), or a negative errno.
 */
int cmdlines__learn(struct tracer *tracer, const struct cgroup__hierarchy *h, const struct target *target);

#endif
