// SPDX-License-Identifier: GPL-2.0-only
#include "output/curve.h"

#include <string.h>

#define LEVELS 8

uint64_t curve__top(const struct record_point *points, size_t count)
{
	uint64_t top = count && points[count - 1].max_bytes != RECORD_NO_LIMIT ? points[count - 1].max_bytes
									       : 0;

	for (size_t i = 0; i < count; i++) {
		if (points[i].usage_bytes > top)
			top = points[i].usage_bytes;
	}
	return top;
}

static const char *block(uint64_t usage_bytes, uint64_t top_bytes, bool ascii)
{
	static const char *const blocks[2][LEVELS] = {
		{ "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" },
		{ "_", ".", "-", "~", "=", "+", "*", "#" },
	};
	double level = top_bytes ? (double)usage_bytes / (double)top_bytes * LEVELS : 0;

	return blocks[ascii][level < LEVELS ? (int)level : LEVELS - 1];
}

const char *curve__draw(char *dst, const struct record_point *points, size_t count, uint64_t from_ns,
			uint64_t to_ns, uint64_t top_bytes, unsigned int width, bool ascii)
{
	double column_ns;
	char *end = dst;
	size_t next = 0;

	if (width > CURVE_WIDTH_MAX)
		width = CURVE_WIDTH_MAX;
	column_ns = to_ns > from_ns ? (double)(to_ns - from_ns) / width : 0;
	for (unsigned int column = 0; column < width; column++) {
		uint64_t until_ns = from_ns + (uint64_t)(column_ns * (column + 1));
		bool known = next > 0;
		/* What it was when the column begins; then its highest. */
		uint64_t highest = known ? points[next - 1].usage_bytes : 0;

		/* The end of the last one is in it, those of the others are not. */
		if (column + 1 == width)
			until_ns = to_ns + 1;
		for (; next < count && points[next].ts_ns < until_ns; next++) {
			/* Points before the first column say what usage was when it began. */
			if (!known || points[next].ts_ns < from_ns || points[next].usage_bytes > highest)
				highest = points[next].usage_bytes;
			known = true;
		}
		end = stpcpy(end, known ? block(highest, top_bytes, ascii) : " ");
	}
	*end = '\0';
	return dst;
}
