/* SPDX-License-Identifier: GPL-2.0-only */
/* Usage over time as a line of block characters. Pure. */
#ifndef OOMTRACE_CURVE_H
#define OOMTRACE_CURVE_H

#include "record/record.h"

#define CURVE_WIDTH_MAX 128
#define CURVE_SIZE(width) (3 * (size_t)(width) + 1)

/*
 * Draws the time from from_ns to to_ns in `width` columns (at most CURVE_WIDTH_MAX), each as high as the
 * highest usage in it, where top_bytes is full height. Blanks are before the first point. With `ascii` only ASCII
 * is used. `dst` has room for CURVE_SIZE(width). Returns dst.
 */
const char *curve__draw(char *dst, const struct record_point *points, size_t count, uint64_t from_ns,
			uint64_t to_ns, uint64_t top_bytes, unsigned int width, bool ascii);

/* What full height should be: the limit in force at the last point or, without one, the highest usage. */
uint64_t curve__top(const struct record_point *points, size_t count);

#endif
