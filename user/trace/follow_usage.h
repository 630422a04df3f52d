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

/* How many cgroups the target has now, with those below it; 0: it is gone. */
uint32_t follow_usage__count(const struct cgroup__hierarchy *h, const struct target *target);

/*
 * Makes the programs follow the target and all cgroups below it. Needs the privileges of tracing. Each sends what it
 * holds, so take_in(ctx) is called after each: what is in the ring has to be taken out.
 */
void follow_usage__begin(struct tracer *tracer, const struct cgroup__hierarchy *h,
			 const struct target *target, void (*take_in)(void *ctx), void *ctx);

/* Has the kernel send what has changed by too little to be worth an event until now. */
void follow_usage__settle(struct tracer *tracer, const struct target *target);

#endif
