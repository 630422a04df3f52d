/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_CHANGES_H
#define OOMTRACE_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "limit/ramp.h"

/* How the user wants the target's memory.max to be changed; the ramp comes first. */
struct limit_changes {
	bool has_ramp, has_max;
	struct ramp ramp;
	uint64_t max_bytes; /* UINT64_MAX: "max" */
};

/*
 * Pure: where a ramp begins, in bytes. FROM "now" is the present limit or, where there is none (UINT64_MAX),
 * the present usage: from "max" no step leads anywhere.
 */
uint64_t changes__ramp_from(const struct ramp *ramp, uint64_t max_bytes, uint64_t usage_bytes);

#endif
