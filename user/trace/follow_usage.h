/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of user space in recording usage, and in telling what memory is. The programs in the kernel know
 * cgroups by address, we by path. What brings the two together is that we read a cgroup's memory.current, and
 * that they look on.
 */
#ifndef OOMTRACE_FOLLOW_USAGE_H
#define OOMTRACE_FOLLOW_USAGE_H

#include "host/cgroup.h"
#include "target/target.h"
#include "trace/tracer.h"

/* Has the target and all cgroups below it followed. Needs the privileges that tracing needs. */
void follow_usage__begin(const struct cgroup__hierarchy *h, const struct target *target);

/* Tells the programs where the kernel has its statistics, if that has to be looked for. As above; after it. */
void follow_usage__find_statistics(struct tracer *tracer);

/* Has the kernel send what has changed by too little to be worth an event until now. */
void follow_usage__settle(const struct target *target);

#endif
