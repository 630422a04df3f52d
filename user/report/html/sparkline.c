// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/sparkline.h"

#include <stdbool.h>

#include "report/html/elements.h"

void html_sparkline__fit_usage(struct html_sparkline_frame *f, const struct record_point *p)
{
	if (p->ts_ns < f->from_ns)
		f->from_ns = p->ts_ns;
	if (p->ts_ns > f->to_ns)
		f->to_ns = p->ts_ns;
	if (p->usage_bytes > f->top)
		f->top = p->usage_bytes;
}

void html_sparkline__fit_limit(struct html_sparkline_frame *f, uint64_t max_bytes)
{
	if (max_bytes < SERIES__LIMIT_UNKNOWN && max_bytes > f->top && max_bytes / 2 <= f->top)
		f->top = max_bytes;
}

unsigned int html_sparkline__x(const struct html_sparkline_frame *f, uint64_t ns)
{
	if (ns <= f->from_ns)
		return 0;
	return (unsigned int)((unsigned __int128)(ns - f->from_ns) * HTML_ELEMENTS__BAR /
			      (f->to_ns - f->from_ns));
}

static unsigned int y_of(const struct html_sparkline_frame *f, uint64_t bytes)
{
	if (bytes >= f->top)
		return 0;
	return HTML_SPARKLINE__HEIGHT -
	       (unsigned int)((unsigned __int128)bytes * HTML_SPARKLINE__HEIGHT / f->top);
}

static void put_line(FILE *out, const struct series *s, const struct html_sparkline_frame *f,
		     const char *first)
{
	struct record_point points[2];

	for (size_t i = 0; i < s->count; i++) {
		int n = series__points(&s->buckets[i], points);

		for (int p = 0; p < n; p++, first = "L")
			fprintf(out, "%s%u %u", first, html_sparkline__x(f, points[p].ts_ns),
				y_of(f, points[p].usage_bytes));
	}
}

void html_sparkline__put(FILE *out, const struct series *s, const struct html_sparkline_frame *f)
{
	struct record_point points[2];
	/* The curve is from its first point to its last, the frame may be longer. */
	unsigned int begin = s->count ? html_sparkline__x(f, s->buckets[0].low.ts_ns) : 0;
	unsigned int end = s->count ? html_sparkline__x(f, s->buckets[s->count - 1].high.ts_ns) : 0, y = 0;
	bool drawing = false;

	fprintf(out, "<path class=\"area\" d=\"M%u %d", begin, HTML_SPARKLINE__HEIGHT);
	put_line(out, s, f, "L");
	fprintf(out, "L%u %dZ\"/><path class=\"line\" d=\"", end, HTML_SPARKLINE__HEIGHT);
	put_line(out, s, f, "M");
	fputs("\"/><path class=\"limit\" d=\"", out);
	/* A limit holds until the next one: steps. */
	for (size_t i = 0; i < s->count; i++) {
		int n = series__points(&s->buckets[i], points);

		for (int p = 0; p < n; p++) {
			unsigned int x = html_sparkline__x(f, points[p].ts_ns);

			if (points[p].max_bytes >= SERIES__LIMIT_UNKNOWN) {
				if (drawing)
					fprintf(out, "H%u", x);
				drawing = false;
				continue;
			}
			if (!drawing)
				fprintf(out, "M%u %u", x, y_of(f, points[p].max_bytes));
			else if (y != y_of(f, points[p].max_bytes))
				fprintf(out, "H%uV%u", x, y_of(f, points[p].max_bytes));
			y = y_of(f, points[p].max_bytes);
			drawing = true;
		}
	}
	if (drawing)
		fprintf(out, "H%u", end);
	fputs("\"/>", out);
}
