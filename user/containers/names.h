/* SPDX-License-Identifier: GPL-2.0-only */
/* What processes and containers are called, for victims that may be gone already. */
#ifndef OOMTRACE_NAMES_H
#define OOMTRACE_NAMES_H

#include "record/record.h"
#include "target/target.h"
#include "trace/tracer.h"

struct names;

/* `target` is the container that is known by name from the start. Returns NULL without memory. */
struct names *names__new(const struct record_container *target);
void names__free(struct names *names);

/*
 * The name of a container, or NULL when it has none or its runtime doesn't answer. Asks the
 * runtime at most once for each id, which can take up to DOCKER_API__TIMEOUT_MS.
 */
const char *names__container(struct names *names, const struct container_ref *ref);

/*
 * The command line of a victim that isn't known from the kill itself: as it was at its exec or at our
 * start ("earlier"), or that of its parent, or of another ancestor, which a process that was only forked
 * has too ("parent", "ancestor"). /proc isn't looked at: reading a dying process's memory brings pages in,
 * which are charged to its cgroup while that is out of memory. Returns 0 and sets *source, or -ENOENT.
 */
int names__cmdline(struct tracer *tracer, const struct event_victim *victim, struct cmdline_entry *out,
		   const char **source);

/* Notes the command lines of all processes of the target. Those that end meanwhile are passed over. */
void names__learn_cmdlines(struct tracer *tracer, const struct cgroup__hierarchy *h,
			   const struct target *target);

#endif
