// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of the HTML report. Most of it is plain markup, which is written here. The page's script draws
 * the chart and the flame graph from a JSON document in the page. The page's policy allows the built-in
 * scripts and style by their hashes, and the page loads nothing from elsewhere.
 */
#include "report/html/page.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "record/time.h"
#include "report/html/assets.h"
#include "report/html/cards.h"
#include "report/html/data.h"
#include "report/html/elements.h"
#include "report/html/flame.h"
#include "report/html/head.h"
#include "report/html/heading.h"
#include "report/html/words.h"

/* What html_collected__keep() makes of what isn't told. */
#define UNTOLD "(unknown)"
#define TABLE_BUCKETS 100 /* of the chart's table */
#define CURVE_POINTS_LEAST 3
#define CHART_LEAST_NS 100000000ULL

static void put_header(const struct html_report *r, FILE *out)
{
	char text[64];

	fputs("<header class=\"top\"><p><strong>oomtrace</strong> ", out);
	if (r->from_log) {
		fputs("kernel log", out);
		if (r->host[0] && strcmp(r->host, UNTOLD)) {
			fputs(" of ", out);
			html_elements__text(out, r->host);
		}
	} else if (r->target[0]) {
		html_elements__text(out, r->target_kind);
		fputs(" ", out);
		html_elements__name(out, r->target);
	} else {
		fputs("whole machine", out);
	}
	if (r->has_time && !r->untimed) {
		/* The session may have begun days before an incident of the service. */
		bool incident = !r->from_log && !r->has_usage && r->first_oom_ns;

		record_time__format(text, sizeof(text), incident ? r->first_oom_ns : r->first_ns);
		fprintf(out, " · <time datetime=\"%s\">%.10s %.8s</time> UTC", text, text, text + 11);
		if (!incident) {
			fputs(" · ", out);
			html_elements__duration(out, (uint64_t)r->last_ns - (uint64_t)r->first_ns);
		}
	}
	fputs("</p><button type=\"button\" id=\"theme\" hidden>Dark</button></header>\n", out);
}

static void put_tile(FILE *out, uint64_t count, const char *what, bool bad)
{
	fprintf(out, "<li%s><b>%" PRIu64 "</b> %s</li>", bad && count ? " class=\"bad\"" : "", count, what);
}

static void put_totals(const struct html_report *r, FILE *out)
{
	uint64_t writes = r->write_rows.count + r->write_rows.left_out;

	fputs("<ul class=\"tiles\" aria-label=\"totals\">", out);
	put_tile(out, r->kills, r->kills == 1 ? "process killed" : "processes killed", true);
	put_tile(out, r->ooms, r->ooms == 1 ? "run of the OOM killer" : "runs of the OOM killer", false);
	if (!r->from_log) { /* which has none of them */
		put_tile(out, writes, writes == 1 ? "write of a limit" : "writes of limits", false);
		put_tile(out, r->lost, r->lost == 1 ? "event lost" : "events lost", true);
	}
	fputs("</ul>\n", out);
}

static void put_limit_cell(FILE *out, uint64_t max_bytes)
{
	if (max_bytes != SERIES__LIMIT_UNKNOWN)
		html_elements__size(out, max_bytes);
}

/* The chart for those who can't see it, and for paper: fewer points, no peak lost. */
static void put_chart_table(struct html_curve *curve, FILE *out)
{
	fputs("<details class=\"data\"><summary>The curve as a table</summary><div class=\"scroll\">"
	      "<table><caption>Usage of ",
	      out);
	html_elements__name(out, curve->label);
	fputs(", the lowest and the highest of each stretch of time</caption><thead><tr>"
	      "<th scope=\"col\">time (UTC)</th><th scope=\"col\" class=\"n\">usage</th>"
	      "<th scope=\"col\" class=\"n\">limit</th></tr></thead><tbody>\n",
	      out);
	series__shrink(&curve->usage, TABLE_BUCKETS);
	for (size_t i = 0; i < curve->usage.count; i++) {
		struct record_point points[2];
		int n = series__points(&curve->usage.buckets[i], points);

		for (int p = 0; p < n; p++) {
			fputs("<tr><td>", out);
			html_elements__time(out, (int64_t)points[p].ts_ns);
			fputs("</td><td class=\"n\">", out);
			html_elements__size(out, points[p].usage_bytes);
			fputs("</td><td class=\"n\">", out);
			put_limit_cell(out, points[p].max_bytes);
			fputs("</td></tr>\n", out);
		}
	}
	fputs("</tbody></table></div></details>\n", out);
}

static bool is_curve(const struct html_curve *c)
{
	const struct series *s = &c->usage;

	return s->count >= CURVE_POINTS_LEAST &&
	       s->buckets[s->count - 1].high.ts_ns - s->buckets[0].low.ts_ns >= CHART_LEAST_NS;
}

/* One kill alone, with what was known at that moment, is no picture: an axis of some ms, and a dot on it. */
static bool has_chart(const struct html_report *r)
{
	for (size_t i = 0; i < r->curve_count; i++) {
		if (is_curve(&r->curves[i]))
			return true;
	}
	return r->kill_marks.count > 1 && r->last_kill_ns - r->first_kill_ns >= (int64_t)CHART_LEAST_NS;
}

/* What there is on the page, with a way back from wherever one is. */
static void put_contents(const struct html_report *r, FILE *out)
{
	const struct {
		const char *id, *text;
		bool there;
	} parts[] = {
		{ "usage", "Memory over time", has_chart(r) },
		{ "steps", "Changes of the limit", r->step_rows.count },
		{ "kills", "Every kill", r->kill_rows.count },
		{ "alloc", "Where memory was charged", r->flame && flame_tree__bytes(r->flame) },
		{ "cards", "Each run of the OOM killer", r->mark_count },
		{ "writes", "Writes of limits", r->write_rows.count },
		{ "stalls", "Stuck in reclaim", r->stall_rows.count },
		{ "exits", "Ends of processes", r->exit_rows.count },
		{ "lost", "Lost events", r->lost_rows.count },
	};

	fputs("<nav id=\"contents\" class=\"contents\" aria-label=\"contents\"><ul>", out);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].there)
			fprintf(out, "<li><a href=\"#%s\">%s</a></li>", parts[i].id, parts[i].text);
	}
	fputs("</ul></nav>\n<a class=\"back\" href=\"#contents\">↑ contents</a>\n", out);
}

static void put_chart(struct html_report *r, FILE *out)
{
	if (!has_chart(r))
		return;
	fputs("<section aria-labelledby=\"usage\"><h2 id=\"usage\">Memory over time</h2>\n"
	      "<noscript><p class=\"note\">The chart needs JavaScript; all its figures are in the "
	      "tables below.</p></noscript>\n"
	      "<div id=\"chart\" hidden></div>\n",
	      out);
	if (r->curves_left_out)
		fprintf(out,
			"<p class=\"note\">There were more cgroups than a report has curves: %" PRIu64
			" points are not on it.</p>\n",
			r->curves_left_out);
	if (r->write_marks.left_out)
		fprintf(out, "<p class=\"note\">%" PRIu64 " more writes of limits are not on it.</p>\n",
			r->write_marks.left_out);
	if (r->curve_count)
		put_chart_table(&r->curves[html_data__main_curve(r)], out);
	fputs("</section>\n", out);
}

static int put_table(struct html_spool *rows, const char *id, const char *heading, const char *columns,
		     FILE *out)
{
	int err;

	if (!rows->count)
		return 0;
	fprintf(out,
		"<section aria-labelledby=\"%s\"><h2 id=\"%s\">%s</h2>\n"
		"<div class=\"rows\" tabindex=\"0\" role=\"region\" aria-labelledby=\"%s\">"
		"<table><thead><tr>%s</tr></thead><tbody>\n",
		id, id, heading, id, columns);
	err = html_collected__copy(rows, out);
	fputs("</tbody></table></div>\n", out);
	if (rows->left_out)
		fprintf(out, "<p class=\"note\">and %" PRIu64 " more, which are in the recording</p>\n",
			rows->left_out);
	fputs("</section>\n", out);
	return err;
}

#define COLUMN(name) "<th scope=\"col\">" name "</th>"
#define NUMBERS(name) "<th scope=\"col\" class=\"n\">" name "</th>"

#define KILL_COLUMNS COLUMN("process") NUMBERS("anonymous") NUMBERS("limit") COLUMN("of") COLUMN("cause")

static int put_tables(struct html_report *r, FILE *out)
{
	int err = put_table(&r->step_rows, "steps", "Changes of the limit, and what they led to",
			    COLUMN("write") NUMBERS("new limit") NUMBERS("usage") NUMBERS("after")
				    NUMBERS("reclaimed") NUMBERS("took") NUMBERS("killed inside")
					    NUMBERS("killed after") NUMBERS("first kill after")
						    COLUMN("processes left"),
			    out);

	if (!err)
		err = put_table(&r->kill_rows, "kills", "Every kill",
				r->from_log ? COLUMN("OOM") COLUMN("time") KILL_COLUMNS
					    : COLUMN("OOM") COLUMN("time (UTC)") KILL_COLUMNS,
				out);
	return err;
}

static int put_late_tables(struct html_report *r, FILE *out)
{
	int err = put_table(&r->write_rows, "writes", "Writes of limits",
			    COLUMN("write") COLUMN("began (UTC)") COLUMN("file") NUMBERS("limit") COLUMN("by")
				    NUMBERS("usage") NUMBERS("reclaimed") NUMBERS("killed") NUMBERS("took"),
			    out);

	if (!err)
		err = put_table(&r->stall_rows, "stalls", "Stuck in reclaim at a limit",
				COLUMN("since (UTC)") COLUMN("cgroup") NUMBERS("for")
					NUMBERS("tasks’ time in reclaim") NUMBERS("usage") NUMBERS("limit"),
				out);
	if (!err)
		err = put_table(&r->exit_rows, "exits", "Ends of processes",
				COLUMN("time (UTC)") COLUMN("process") NUMBERS("exit code") COLUMN("signal"),
				out);
	if (!err)
		err = put_table(&r->lost_rows, "lost", "Lost events",
				COLUMN("time (UTC)") COLUMN("kind") NUMBERS("count"), out);
	return err;
}

static void put_flame(const struct html_report *r, FILE *out)
{
	if (!r->flame || !flame_tree__bytes(r->flame))
		return;
	fputs("<section aria-labelledby=\"alloc\"><h2 id=\"alloc\">Where memory was charged</h2>\n"
	      "<p class=\"note\">",
	      out);
	html_elements__size(out, flame_tree__bytes(r->flame));
	fprintf(out,
		" in %" PRIu64 " samples, outermost caller at the top</p>\n"
		"<div id=\"flame\" hidden></div>\n<div class=\"scroll\"><table><caption>User "
		"functions that asked for the most themselves</caption><thead><tr>" COLUMN("function")
			NUMBERS("bytes") NUMBERS("of all") "</tr></thead><tbody>\n",
		flame_tree__samples(r->flame));
	html_flame__put_rows(out, r->flame);
	fputs("</tbody></table></div></section>\n", out);
}

static void put_source(const struct html_report *r, FILE *out)
{
	if (r->from_log) {
		fputs(", from a kernel log", out);
		if (strcmp(r->kernel, UNTOLD) != 0) {
			fputs(" of Linux ", out);
			html_elements__text(out, r->kernel);
		}
		return;
	}
	fputs(", from a recording by version ", out);
	html_elements__text(out, r->sessions ? r->version : NULL);
	fputs(" on Linux ", out);
	html_elements__text(out, r->sessions ? r->kernel : NULL);
	fputs(", ", out);
	html_elements__text(out, r->sessions ? r->arch : NULL);
}

static void put_about(const struct html_report *r, FILE *out)
{
	fputs("<footer><h2>About this report</h2><ul class=\"facts\"><li>made by oomtrace", out);
	put_source(r, out);
	fputs("</li>", out);
	if (r->sessions > 1)
		fprintf(out, "<li>%" PRIu64 " sessions in one report</li>", r->sessions);
	if (r->target_cgroup[0]) {
		fputs("<li>cgroup ", out);
		html_elements__name(out, r->target_cgroup);
		fputs("</li>", out);
	}
	if (r->has_end) {
		fputs("<li>it ended because: ", out);
		html_elements__text(out, r->end_reason);
		fputs("</li>", out);
	}
	fputs("</ul>", out);
	if (r->without && r->without[0])
		fprintf(out, "<p>This kernel could not tell:</p><ul class=\"facts\">%s</ul>", r->without);
	html_words__put(out);
	fputs("<details><summary>Licences</summary><p>oomtrace: GPL-2.0-only. The chart is drawn by "
	      "dygraphs:</p><pre>",
	      out);
	fputs(html_asset_licence, out);
	fputs("</pre></details></footer>\n", out);
}

int html_page__put(struct html_report *r, FILE *out)
{
	int err;

	html_head__put(out, r->target[0] ? r->target : "oomtrace", "OOM report", true);
	put_header(r, out);
	fputs("<main id=\"main\">\n", out);
	err = html_heading__put(r, out);
	put_totals(r, out);
	put_contents(r, out);
	if (!err)
		err = html_data__put(r, out); /* with all points: the table after it has fewer */
	put_chart(r, out);
	if (!err)
		err = put_tables(r, out);
	put_flame(r, out);
	if (!err)
		err = html_cards__put(r, out);
	if (!err)
		err = put_late_tables(r, out);
	fputs("</main>\n", out);
	put_about(r, out);
	fprintf(out, "<script>%s</script>\n<script>%s</script>\n</body>\n</html>\n", html_asset_library,
		html_asset_script);
	return err ? err : sink__flush(&r->base);
}
