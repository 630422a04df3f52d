/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space does for usage and for kinds of memory. The programs in the kernel know cgroups by address,
 * user space knows them by path. To link the two, we read a cgroup's memory.current, and a program that is
 * hooked to that read notes the address.
 */
#ifndef OOMTRACE_FOLLOW_USAGE_H
#define OOMTRACE_FOLLOW_USAGE_H

#include "host/cgroup.h"
#include "target/target.h"
#include "trace/tracer.h"

/* Makes the programs follow the target and all cgroups below it. Needs the privileges of tracing. */
void follow_usage__begin(const struct cgroup__hierarchy *h, const struct target *target);

/* Tells the programs where the kernel has its statistics, if that has to be looked for. As above; after it. */
void follow_usage__find_statistics(struct tracer *tracer);

/* Makes the programs send the changes that were too small for an event until now. */
void follow_usage__settle(const struct target *target);

#endif
