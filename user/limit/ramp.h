/* SPDX-License-Identifier: GPL-2.0-only */
/* A limit that changes step by step: FROM:TO:STEP@INTERVAL. Pure. */
#ifndef OOMTRACE_RAMP_H
#define OOMTRACE_RAMP_H

#include <stdbool.h>
#include <stdint.h>

struct ramp {
	bool from_now; /* FROM is "now": the present limit, which isn't written again */
	uint64_t from_bytes;
	uint64_t to_bytes;
	uint64_t step_bytes; /* 0 with a step in percent; always towards TO */
	double step_percent; /* of the present value; 0 with a step in bytes */
	uint64_t interval_ns;
};

/*
 * Parses "512M:20M:-32M@2s" or "now:20M:-10%@500ms"; the step's sign doesn't matter. Returns 0, -EINVAL
 * (malformed) or -ERANGE (a limit below a page or "max", a step of nothing).
 */
int ramp__parse(const char *text, struct ramp *out);

/* Whether the kernel takes it as a limit of so many bytes: a page at least, and less than "max" is. */
bool ramp__is_limit(uint64_t bytes);

/* The next value after `bytes`, or false when the ramp has arrived. */
bool ramp__next(const struct ramp *ramp, uint64_t bytes, uint64_t *next);

#endif
