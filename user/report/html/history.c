// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/history.h"

#include <inttypes.h>
#include <string.h>

#include "record/memory_kinds.h"
#include "report/html/elements.h"
#include "report/series.h"

#define CURVE_POINTS 256 /* of a card's curve, before it is down-sampled */
#define CURVE_HEIGHT 100

/* The curve's frame: its time, and the highest value that must fit. */
struct frame {
	uint64_t from_ns, to_ns, top;
};

static unsigned int x_of(const struct frame *f, uint64_t ns)
{
	if (ns <= f->from_ns)
		return 0;
	return (unsigned int)((unsigned __int128)(ns - f->from_ns) * HTML_ELEMENTS__BAR /
			      (f->to_ns - f->from_ns));
}

static unsigned int y_of(const struct frame *f, uint64_t bytes)
{
	if (bytes >= f->top)
		return 0;
	return CURVE_HEIGHT - (unsigned int)((unsigned __int128)bytes * CURVE_HEIGHT / f->top);
}

static void put_line(FILE *out, const struct series *s, const struct frame *f, const char *first)
{
	struct record_point points[2];

	for (size_t i = 0; i < s->count; i++) {
		int n = series__points(&s->buckets[i], points);

		for (int p = 0; p < n; p++, first = "L")
			fprintf(out, "%s%u %u", first, x_of(f, points[p].ts_ns),
				y_of(f, points[p].usage_bytes));
	}
}

static void put_curve(FILE *out, const struct series *s, const struct frame *f)
{
	struct record_point points[2];
	bool drawing = false;
	unsigned int y = 0;

	fprintf(out, "<path class=\"area\" d=\"M0 %d", CURVE_HEIGHT);
	put_line(out, s, f, "L");
	fprintf(out, "L%d %dZ\"/><path class=\"line\" d=\"", HTML_ELEMENTS__BAR, CURVE_HEIGHT);
	put_line(out, s, f, "M");
	fputs("\"/><path class=\"limit\" d=\"", out);
	/* A limit holds until the next one: steps. */
	for (size_t i = 0; i < s->count; i++) {
		int n = series__points(&s->buckets[i], points);

		for (int p = 0; p < n; p++) {
			unsigned int x = x_of(f, points[p].ts_ns);

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
	fprintf(out, drawing ? "H%d\"/>" : "\"/>", HTML_ELEMENTS__BAR);
}

static struct frame frame_of(const struct record_history *h)
{
	struct frame f = { .from_ns = UINT64_MAX, .top = 1 };

	for (size_t i = 0; i < h->count; i++) {
		const struct record_point *p = &h->points[i];

		if (p->ts_ns < f.from_ns)
			f.from_ns = p->ts_ns;
		if (p->ts_ns > f.to_ns)
			f.to_ns = p->ts_ns;
		if (p->usage_bytes > f.top)
			f.top = p->usage_bytes;
	}
	/* Limits are in the picture as far as they are near: one of 1 TiB would flatten the curve. */
	for (size_t i = 0; i < h->count; i++) {
		uint64_t max = h->points[i].max_bytes;

		if (max < SERIES__LIMIT_UNKNOWN && max > f.top && max / 2 <= f.top)
			f.top = max;
	}
	f.top += f.top / 20;
	return f;
}

static void put_sum(FILE *out, const char *what, const struct record_reclaim_sum *sum)
{
	if (!sum->runs)
		return;
	fprintf(out, "<li>%s <b>%" PRIu64 "</b> time%s, ", what, sum->runs, sum->runs == 1 ? "" : "s");
	html_elements__duration(out, sum->duration_ns);
	fputs(" in all, ", out);
	html_elements__size(out, sum->reclaimed_bytes);
	fputs(" reclaimed</li>", out);
}

static void put_kind(FILE *out, const char *what, uint64_t from, uint64_t to)
{
	fprintf(out, "<li>of it %s, from ", what);
	html_elements__size(out, from);
	fputs(" to <b>", out);
	html_elements__size(out, to);
	fputs("</b></li>", out);
}

static void put_kinds(FILE *out, const struct record_history *h)
{
	struct kinds_growth g;

	if (!memory_kinds__growth(h, &g))
		return;
	if (g.kernel)
		put_kind(out, g.kernel_is_least ? "kernel memory, at least what is counted" : "kernel memory",
			 g.kernel_from, g.kernel_to);
	if (g.sock)
		put_kind(out, "socket memory", g.sock_from, g.sock_to);
}

void html_history__put(FILE *out, const struct record_oom *oom)
{
	const struct record_history *h = oom->history;
	struct frame f = frame_of(h);
	struct series curve = { 0 };

	html_elements__part_begin(out, "The seconds before");
	if (h->cgroup && (!oom->limit || !oom->limit->path || strcmp(oom->limit->path, h->cgroup))) {
		fputs("<p class=\"note\">of ", out);
		html_elements__name(out, h->cgroup);
		fputs("</p>", out);
	}
	if (h->count > 1 && f.to_ns > f.from_ns) {
		for (size_t i = 0; i < h->count; i++)
			series__add(&curve, CURVE_POINTS, h->points[i]);
		fprintf(out,
			"<svg class=\"curve\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
			"role=\"img\" aria-label=\"usage before the kill, from ",
			HTML_ELEMENTS__BAR, CURVE_HEIGHT);
		html_elements__size(out, h->points[0].usage_bytes);
		fputs(" to ", out);
		html_elements__size(out, h->points[h->count - 1].usage_bytes);
		fputs("\">", out);
		put_curve(out, &curve, &f);
		fputs("</svg><p class=\"axis\"><span>−", out);
		html_elements__duration(out, f.to_ns - f.from_ns);
		fputs("</span><span>top ", out);
		html_elements__size(out, f.top);
		fputs("</span><span>kill</span></p>", out);
		series__free(&curve);
	}
	fputs("<ul class=\"facts\">", out);
	if (h->has_growth) {
		bool shrinking = h->growth_bytes_per_s < 0;

		fprintf(out, "<li>usage %s by <b>", shrinking ? "fell" : "grew");
		html_elements__size(out, shrinking ? -(uint64_t)h->growth_bytes_per_s
						   : (uint64_t)h->growth_bytes_per_s);
		fputs("</b> a second</li>", out);
	}
	put_kinds(out, h);
	put_sum(out, "reclaim ran", &h->reclaim);
	put_sum(out, "memory.high held tasks back", &h->throttle);
	if (h->failed)
		fprintf(out, "<li><b>%" PRIu64 "</b> charges refused</li>", h->failed);
	fputs("</ul></section>\n", out);
}
