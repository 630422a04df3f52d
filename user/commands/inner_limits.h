/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_INNER_LIMITS_H
#define OOMTRACE_INNER_LIMITS_H

#include "target/target.h"

/*
 * Says on stderr which limits stand below the target, before its own is changed: where one is lower, raising the
 * target's has no effect. The second limit of a container of crun's, which is changed with the first, isn't among them.
 */
void inner_limits__tell(const struct cgroup__hierarchy *h, const struct target *target);

#endif
