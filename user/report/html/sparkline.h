/* SPDX-License-Identifier: GPL-2.0-only */
/* A small curve of usage with its limit, drawn without a script. */
#ifndef OOMTRACE_HTML_SPARKLINE_H
#define OOMTRACE_HTML_SPARKLINE_H

#include <stdio.h>

#include "report/series.h"

#define HTML_SPARKLINE__HEIGHT 100 /* of the view box, which is HTML_ELEMENTS__BAR wide */

/* The curve's frame: its time, and the highest value that must fit. Begin with { UINT64_MAX, 0, 1 }. */
struct html_sparkline_frame {
	uint64_t from_ns, to_ns, top;
};

/* Widens the frame so that a point is in it. */
void html_sparkline__fit_usage(struct html_sparkline_frame *frame, const struct record_point *point);

/* After all of usage: limits are in the picture as far as they are near. One of 1 TiB would flatten the curve. */
void html_sparkline__fit_limit(struct html_sparkline_frame *frame, uint64_t max_bytes);

/* Where a time is across the view box. */
unsigned int html_sparkline__x(const struct html_sparkline_frame *frame, uint64_t ns);

/* Writes the paths of usage and limit into an SVG element. The frame's time is not empty. */
void html_sparkline__put(FILE *out, const struct series *series, const struct html_sparkline_frame *frame);

#endif
