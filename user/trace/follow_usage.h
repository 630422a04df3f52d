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

struct follow_usage {
	const struct cgroup__hierarchy *hierarchy;
	const struct target *target; /* of --all: the whole hierarchy */
	struct tracer *tracer;	     /* from follow_usage__begin() on */
	int settle_fd; /* with --all, and with several targets: a cgroup whose memory.current is read to settle; -1: none */
};

/* How many cgroups the target has now, with those below it; 0: it is gone. */
uint32_t follow_usage__count(const struct follow_usage *following);

/*
 * Makes the programs follow the target and all cgroups below it. Needs the privileges of tracing. Each sends what it
 * holds, so take_in(ctx) is called after each: what is in the ring has to be taken out.
 */
void follow_usage__begin(struct follow_usage *following, struct tracer *tracer, void (*take_in)(void *ctx),
			 void *ctx);

/* The same for one of several targets, whose path this is. */
void follow_usage__add(struct follow_usage *following, const char *path, void (*take_in)(void *ctx),
		       void *ctx);

/* Has the kernel send what has changed by too little to be worth an event until now. */
void follow_usage__settle(struct follow_usage *following);

void follow_usage__end(struct follow_usage *following);

#endif
