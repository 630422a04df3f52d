/* SPDX-License-Identifier: GPL-2.0-only */
/* Why there is no such target, or why its limit won't be changed, in words that say what to do. */
#ifndef OOMTRACE_DIAGNOSE_TARGET_H
#define OOMTRACE_DIAGNOSE_TARGET_H

#include "target/target.h"

/* Says on stderr why target__find() found nothing. Returns the exit code for it; EXIT_DONE with TARGET_FOUND. */
int diagnose_target__not_found(enum target_failure failure, const struct target *target,
			       const struct cgroup__hierarchy *h);

/* Says on stderr why the target's limit may not be changed. Returns the exit code; EXIT_DONE if it may. */
int diagnose_target__not_changeable(enum target_obstacle obstacle, const struct target *target);

#endif
