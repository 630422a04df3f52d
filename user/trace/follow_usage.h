/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space does for usage. The programs in the kernel know cgroups by address,
 * user space knows them by path. To link the two, we read a cgroup's memory.current, and a program that is
 * hooked to that read notes the address.
 */
#ifndef OOMTRACE_FOLLOW_USAGE_H
#define OOMTRACE_FOLLOW_USAGE_H

#include "host/cgroup.h"
#include "target/target.h"
#include "trace/tracer.h"

/* Makes the programs follow the target and all cgroups below it. Needs the privileges of tracing. */
void follow_usage__begin(struct tracer *tracer, const struct cgroup__hierarchy *h,
			 const struct target *target);

/* Has the kernel send what has changed by too little to be worth an event until now. */
void follow_usage__settle(struct tracer *tracer, const struct target *target);

#endif
