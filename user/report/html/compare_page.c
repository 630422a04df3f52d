// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/compare_page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "output/wrap.h"
#include "record/cause_words.h"
#include "report/compare_print.h"
#include "report/html/elements.h"
#include "report/html/head.h"
#include "report/html/sparkline.h"

/* The sentence of text: what B lost is the heading, the rest stands below it. */
static int put_answer(const struct compare *c, FILE *out)
{
	uint64_t from = c->sides[0].values[COMPARE_KILLS], to = c->sides[1].values[COMPARE_KILLS];
	char *text = NULL, *rest;
	size_t size;
	FILE *sentence = open_memstream(&text, &size);

	if (!sentence)
		return -ENOMEM;
	compare_print__sentence(c, sentence);
	if (fclose(sentence)) {
		free(text);
		return -ENOMEM;
	}
	rest = strstr(wrap__plain(text), "; ");
	fprintf(out, "<section class=\"verdict%s\" aria-labelledby=\"verdict\">\n<h1 id=\"verdict\">",
		to > from ? " bad" : "");
	html_elements__bytes(out, text, rest ? (size_t)(rest - text) : strlen(text));
	fputs("</h1>\n", out);
	if (rest) {
		fputs("<p class=\"lead\">", out);
		html_elements__text(out, rest + strlen("; "));
		fputs("</p>\n", out);
	}
	fputs("<p>A is the first recording, B the second.</p>\n</section>\n", out);
	free(text);
	return 0;
}

/* Both curves have one scale, or they couldn't be compared. */
static struct html_sparkline_frame frame_of(const struct compare *c)
{
	struct html_sparkline_frame f = { .top = 1 };
	struct record_point points[2];

	for (size_t side = 0; side < COMPARE_SIDES; side++) {
		const struct compare_side *s = &c->sides[side];

		if (s->values[COMPARE_DURATION] > f.to_ns)
			f.to_ns = s->values[COMPARE_DURATION];
		for (size_t i = 0; i < s->usage.count; i++) {
			for (int p = series__points(&s->usage.buckets[i], points); p--;)
				html_sparkline__fit_usage(&f, &points[p]);
		}
		for (size_t i = 0; i < s->kill_count; i++) {
			if (s->kills[i].after_ns > f.to_ns)
				f.to_ns = s->kills[i].after_ns;
		}
	}
	for (size_t side = 0; side < COMPARE_SIDES; side++) {
		const struct series *usage = &c->sides[side].usage;

		for (size_t i = 0; i < usage->count; i++) {
			for (int p = series__points(&usage->buckets[i], points); p--;)
				html_sparkline__fit_limit(&f, points[p].max_bytes);
		}
	}
	f.top += f.top / 20;
	return f;
}

static void put_curve(const struct compare_side *s, const struct html_sparkline_frame *f, FILE *out)
{
	if (s->usage.count < 2 || !f->to_ns) {
		fputs("<p>This recording has no curve of usage: such a one needs a target.</p>", out);
		return;
	}
	fprintf(out,
		"<svg class=\"curve tall\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" "
		"aria-label=\"usage over time, with its limit; kills are marked: %zu\">",
		HTML_ELEMENTS__BAR, HTML_SPARKLINE__HEIGHT, s->kill_count);
	html_sparkline__put(out, &s->usage, f);
	for (size_t i = 0; i < s->kill_count; i++)
		fprintf(out, "<path class=\"kill\" d=\"M%u 0V%d\"/>",
			html_sparkline__x(f, s->kills[i].after_ns), HTML_SPARKLINE__HEIGHT);
	fputs("</svg><p class=\"axis\"><span>begin</span><span>top ", out);
	html_elements__size(out, f->top);
	fputs("</span><span>", out);
	html_elements__duration(out, f->to_ns);
	fputs("</span></p><ul class=\"legend\"><li><span class=\"key use\"></span>usage of ", out);
	html_elements__name(out, s->cgroup);
	fputs("</li><li><span class=\"key limit\"></span>memory.max</li>"
	      "<li><span class=\"key kill\"></span>kill</li></ul>",
	      out);
}

static void put_side(const struct compare *c, size_t side, const struct html_sparkline_frame *f, FILE *out)
{
	const struct compare_side *s = &c->sides[side];

	fprintf(out, "<section aria-labelledby=\"side-%zu\"><h2 id=\"side-%zu\">%c: ", side, side,
		'A' + (char)side);
	html_elements__name(out, s->name);
	fputs("</h2>\n", out);
	if (s->kernel[0]) {
		fputs("<p class=\"note\">on Linux ", out);
		html_elements__text(out, s->kernel);
		fputs("</p>", out);
	}
	put_curve(s, f, out);
	fputs("</section>\n", out);
}

static bool is_worse(const struct compare *c, enum compare_figure figure)
{
	const struct compare_side *a = &c->sides[0], *b = &c->sides[1];

	return compare__figures[figure].more_is_worse && a->known[figure] && b->known[figure] &&
	       b->values[figure] > a->values[figure];
}

static void put_figures(const struct compare *c, FILE *out)
{
	fputs("<section aria-labelledby=\"figures\"><h2 id=\"figures\">Figures, side by side</h2>\n"
	      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"figures\">"
	      "<table><thead><tr><th scope=\"col\">figure</th><th scope=\"col\" class=\"n\">A</th>"
	      "<th scope=\"col\" class=\"n\">B</th><th scope=\"col\" class=\"n\">change</th></tr></thead><tbody>\n",
	      out);
	for (enum compare_figure i = 0; i < COMPARE_FIGURES; i++) {
		char text[2 * UNITS__TEXT_SIZE];

		if (!c->sides[0].known[i] && !c->sides[1].known[i])
			continue;
		fprintf(out, "<tr><th scope=\"row\">%s<br><span class=\"note\">%s</span></th>",
			compare__figures[i].label, compare__figures[i].meaning);
		for (size_t side = 0; side < COMPARE_SIDES; side++)
			fprintf(out, "<td class=\"n\">%s</td>",
				compare__format(text, sizeof(text), &c->sides[side], i));
		fprintf(out, "<td class=\"n%s\">%s</td></tr>\n", is_worse(c, i) ? " bad" : "",
			compare__format_change(text, sizeof(text), c, i));
	}
	fputs("</tbody></table></div>\n<p class=\"note\">- is not known.</p></section>\n", out);
}

static void put_kill_cells(const struct compare_side *s, size_t i, FILE *out)
{
	const struct compare_kill *kill = &s->kills[i];

	if (i >= s->kill_count) {
		fputs("<td></td><td></td><td></td><td></td>", out);
		return;
	}
	fputs("<td class=\"n\">", out);
	html_elements__duration(out, kill->after_ns);
	fputs("</td><td>", out);
	html_elements__process(out, kill->comm, kill->pid);
	fprintf(out, "<br><span class=\"note\">%s</span></td><td class=\"n\">",
		cause_words__short(kill->cause));
	if (kill->has_anon)
		html_elements__size(out, kill->anon_bytes);
	fputs("</td><td class=\"n\">", out);
	if (kill->max_bytes != SERIES__LIMIT_UNKNOWN)
		html_elements__size(out, kill->max_bytes);
	fputs("</td>", out);
}

#define KILL_COLUMNS(side)                                                                       \
	"<th scope=\"col\" class=\"n\">" side " after</th><th scope=\"col\">process, cause</th>" \
	"<th scope=\"col\" class=\"n\">anonymous</th><th scope=\"col\" class=\"n\">limit</th>"

/* The first kill of A beside the first of B, and so on. */
static void put_kills(const struct compare *c, FILE *out)
{
	size_t rows = 0;

	for (size_t side = 0; side < COMPARE_SIDES; side++) {
		if (c->sides[side].kill_count > rows)
			rows = c->sides[side].kill_count;
	}
	if (!rows)
		return;
	fputs("<section aria-labelledby=\"kills\"><h2 id=\"kills\">Kills, one after the other</h2>\n"
	      "<div class=\"rows\" tabindex=\"0\" role=\"region\" aria-labelledby=\"kills\"><table><thead><tr>"
	      "<th scope=\"col\" class=\"n\">kill</th>" KILL_COLUMNS("A")
		      KILL_COLUMNS("B") "</tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < rows; i++) {
		fprintf(out, "<tr><th scope=\"row\" class=\"n\">%zu</th>", i + 1);
		for (size_t side = 0; side < COMPARE_SIDES; side++)
			put_kill_cells(&c->sides[side], i, out);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
	for (size_t side = 0; side < COMPARE_SIDES; side++) {
		const struct compare_side *s = &c->sides[side];

		if (s->values[COMPARE_KILLS] > s->kill_count)
			fprintf(out,
				"<p class=\"note\">and %" PRIu64
				" more in %c, which are in the recording</p>\n",
				s->values[COMPARE_KILLS] - s->kill_count, 'A' + (char)side);
	}
	fputs("</section>\n", out);
}

int html_compare_page__put(struct compare *c)
{
	struct html_sparkline_frame f = frame_of(c);
	FILE *out = c->base.out;
	int err;

	html_head__put(out, "oomtrace", "two recordings compared", false);
	fputs("<header class=\"top\"><p><strong>oomtrace</strong> two recordings compared</p></header>\n"
	      "<main id=\"main\">\n",
	      out);
	err = put_answer(c, out);
	put_figures(c, out);
	fputs("<div class=\"pair\">\n", out);
	for (size_t side = 0; side < COMPARE_SIDES; side++)
		put_side(c, side, &f, out);
	fputs("</div>\n", out);
	put_kills(c, out);
	fputs("</main>\n<footer><p>made by oomtrace</p></footer>\n</body>\n</html>\n", out);
	return err;
}
