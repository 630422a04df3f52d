/* SPDX-License-Identifier: GPL-2.0-only */
/* --wait: a target that isn't there yet. */
#ifndef OOMTRACE_AWAIT_TARGET_H
#define OOMTRACE_AWAIT_TARGET_H

#include "target/target.h"

/* Whether what target__find() didn't find may come: it isn't there, or it doesn't run. */
bool await_target__may_come(enum target_failure failure, const struct target *target);

/*
 * Looks for the target some times a second, until it is there or something else is wrong with it. Says on stderr what is
 * waited for. SIGINT, SIGTERM and SIGHUP, unless that is ignored, end the process meanwhile, with EXIT_DONE; it leaves
 * them blocked. Returns as target__find() does.
 */
enum target_failure await_target__find(const struct target_request *request,
				       const struct cgroup__hierarchy *h, struct target *target);

#endif
