// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/data.h"
#include "report/spans.h"

#include <inttypes.h>
#include <string.h>

#include "base/json_string.h"
#include "report/html/flame.h"

#define MAIN_BUCKETS 4096 /* of the curve that is shown first */
#define OTHER_BUCKETS 512

/* The curve to show first: the target's, else that of the limit with the most kills. */
size_t html_data__main_curve(const struct html_report *r)
{
	size_t best = 0;

	for (size_t i = 0; i < r->curve_count; i++) {
		const struct html_curve *c = &r->curves[i], *b = &r->curves[best];

		if (r->target_cgroup[0] && !strcmp(c->cgroup, r->target_cgroup) && c->usage.count > 1)
			return i;
		if (c->kills > b->kills || (c->kills == b->kills && c->usage.count > b->usage.count))
			best = i;
	}
	return best;
}

static void put_limit_value(FILE *out, uint64_t max_bytes)
{
	if (max_bytes == SERIES__LIMIT_UNKNOWN)
		fputs("null", out);
	else if (max_bytes == RECORD_NO_LIMIT)
		fputs("\"max\"", out);
	else
		fprintf(out, "%" PRIu64, max_bytes);
}

static void put_spans(const char *name, const struct spans *spans, FILE *out)
{
	fprintf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < spans->count; i++) {
		const struct span *s = &spans->spans[i];

		fprintf(out, "%s[%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", i ? "," : "",
			s->from_ns, s->to_ns, s->sum.duration_ns, s->sum.runs, s->sum.reclaimed_bytes);
	}
	fputc(']', out);
}

static void put_curve(struct html_curve *c, size_t buckets, FILE *out)
{
	fputs("{\"label\":", out);
	json_string__put(out, c->label);
	fputs(",\"cgroup\":", out);
	json_string__put(out, c->cgroup);
	fputs(",\"points\":[", out);
	series__shrink(&c->usage, buckets);
	for (size_t i = 0; i < c->usage.count; i++) {
		struct record_point points[2];
		int n = series__points(&c->usage.buckets[i], points);

		for (int p = 0; p < n; p++) {
			fprintf(out, "%s[%" PRIu64 ",%" PRIu64 ",", i || p ? "," : "",
				(uint64_t)html_collected__whole_us((int64_t)points[p].ts_ns),
				points[p].usage_bytes);
			put_limit_value(out, points[p].max_bytes);
			fputc(']', out);
		}
	}
	fputc(']', out);
	put_spans("reclaim", &c->reclaim, out);
	put_spans("throttle", &c->throttle, out);
	fputc('}', out);
}

int html_data__put(struct html_report *r, FILE *out)
{
	size_t first = html_data__main_curve(r);
	int err;

	fprintf(out, "<script type=\"application/json\" id=\"data\">{\"main\":%zu,\"sparse\":%s,\"curves\":[",
		first, r->has_usage ? "false" : "true");
	for (size_t i = 0; i < r->curve_count; i++) {
		fputs(i ? ",\n" : "", out);
		put_curve(&r->curves[i], i == first ? MAIN_BUCKETS : OTHER_BUCKETS, out);
	}
	fputs("],\n\"kills\":[", out);
	err = html_collected__copy(&r->kill_marks, out);
	fputs("],\n\"writes\":[", out);
	if (!err)
		err = html_collected__copy(&r->write_marks, out);
	fputs("],\n\"flame\":", out);
	if (r->flame)
		html_flame__put_json(out, r->flame);
	else
		fputs("null", out);
	fputs("}</script>\n", out);
	return err;
}
