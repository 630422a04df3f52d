/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said on stderr of the limit as it was before oomtrace changed it, with the command that puts it back. */
#ifndef OOMTRACE_OLD_LIMIT_H
#define OOMTRACE_OLD_LIMIT_H

#include "host/cgroup.h"
#include "limit/guard.h"
#include "target/target.h"

/* After a power failure neither oomtrace nor its guard can put the limit back. `file` is the guard's. */
void old_limit__tell(const struct cgroup__hierarchy *h, const struct target *target, const char *file,
		     const struct guard *guard);

/* Whether an oomtrace before this one has left the limit changed: see guard__left_over(). Says nothing if not. */
void old_limit__warn_left_over(const struct cgroup__hierarchy *h, const struct target *target,
			       const char *file, const struct guard *guard);

#endif
