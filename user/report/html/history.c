// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/history.h"

#include <inttypes.h>
#include <string.h>

#include "record/memory_kinds.h"
#include "report/html/elements.h"
#include "report/html/sparkline.h"
#include "report/series.h"

#define CURVE_POINTS 256 /* of a card's curve, before it is down-sampled */

static struct html_sparkline_frame frame_of(const struct record_history *h)
{
	struct html_sparkline_frame f = { .from_ns = UINT64_MAX, .top = 1 };

	for (size_t i = 0; i < h->count; i++)
		html_sparkline__fit_usage(&f, &h->points[i]);
	for (size_t i = 0; i < h->count; i++)
		html_sparkline__fit_limit(&f, h->points[i].max_bytes);
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
	struct html_sparkline_frame f = frame_of(h);
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
			HTML_ELEMENTS__BAR, HTML_SPARKLINE__HEIGHT);
		html_elements__size(out, h->points[0].usage_bytes);
		fputs(" to ", out);
		html_elements__size(out, h->points[h->count - 1].usage_bytes);
		fputs("\">", out);
		html_sparkline__put(out, &curve, &f);
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
		fprintf(out,
			"<li><b>%" PRIu64
			"</b> time%s a request for memory found no room below the limit</li>",
			h->failed, h->failed == 1 ? "" : "s");
	fputs("</ul></section>\n", out);
}
