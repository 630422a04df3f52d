// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare_print.h"

#include <errno.h>
#include <inttypes.h>

#include "base/json_string.h"
#include "base/units.h"
#include "output/text_parts.h"
#include "output/wrap.h"

#define TABLE_COLUMNS 76 /* narrower terminals get a line for each figure */

static void put_count(FILE *out, uint64_t kills)
{
	fprintf(out, "%" PRIu64 "%cprocess%s", kills, WRAP_JOINT, kills == 1 ? "" : "es");
}

void compare_print__sentence(const struct compare *c, FILE *out)
{
	const struct compare_side *a = &c->sides[0], *b = &c->sides[1];
	uint64_t from = a->values[COMPARE_KILLS], to = b->values[COMPARE_KILLS];

	fputs("B lost ", out);
	put_count(out, to);
	if (from == to)
		fputs(", as many as A", out);
	else
		fprintf(out, " and A %" PRIu64, from);
	if (a->known[COMPARE_FIRST] && b->known[COMPARE_FIRST]) {
		text_parts__size(out, "; the first at a limit of ", b->values[COMPARE_FIRST]);
		if (a->values[COMPARE_FIRST] != b->values[COMPARE_FIRST])
			text_parts__size(out, " instead of ", a->values[COMPARE_FIRST]);
		else
			fputs(" in both", out);
	}
	if (a->gone != b->gone)
		fprintf(out, "; the target ended in %s only", a->gone ? "A" : "B");
}

/* The answer first. */
static void put_heading(const struct compare *c, FILE *out)
{
	text_parts__style(out, c->look, STYLE_STRONG);
	compare_print__sentence(c, out);
	text_parts__style(out, c->look, STYLE_PLAIN);
	fputs("\n\n", out);
	for (size_t i = 0; i < COMPARE_SIDES; i++) {
		fprintf(out, "%c  %c", 'A' + (char)i, WRAP_HANG);
		text_parts__name(out, c->sides[i].name);
		if (c->sides[i].kernel[0]) {
			fputs(", Linux ", out);
			text_parts__name(out, c->sides[i].kernel);
		}
		fputc('\n', out);
	}
	fputc('\n', out);
}

/* A number and its unit stay together. */
static void join(char *text)
{
	for (; *text; text++)
		*text = *text == ' ' ? WRAP_JOINT : *text;
}

static void put_text(const struct compare *c, FILE *out)
{
	bool narrow = c->look.columns && c->look.columns < TABLE_COLUMNS;

	put_heading(c, out);
	if (!narrow) {
		text_parts__style(out, c->look, STYLE_DIM);
		fprintf(out, "%-30s %14s %14s %14s", "", "A", "B", "change");
		text_parts__style(out, c->look, STYLE_PLAIN);
		fputc('\n', out);
	}
	for (enum compare_figure i = 0; i < COMPARE_FIGURES; i++) {
		char cells[COMPARE_SIDES][2 * UNITS__TEXT_SIZE], change[2 * UNITS__TEXT_SIZE];

		for (size_t side = 0; side < COMPARE_SIDES; side++)
			compare__format(cells[side], sizeof(cells[side]), &c->sides[side], i);
		if (!c->sides[0].known[i] && !c->sides[1].known[i])
			continue;
		compare__format_change(change, sizeof(change), c, i);
		join(cells[0]);
		join(cells[1]);
		join(change);
		if (narrow)
			fprintf(out, "%s: %cA %s, B %s%s%s\n", compare__figures[i].label, WRAP_HANG, cells[0],
				cells[1], *change ? ", " : "", change);
		else
			fprintf(out, "%-30s %14s %14s%s%14s\n", compare__figures[i].label, cells[0], cells[1],
				*change ? " " : "", *change ? change : "");
	}
}

int compare_print__text(struct compare *c)
{
	FILE *out = wrap__open(c->base.out, c->look);

	if (!out)
		return -ENOMEM;
	put_text(c, out);
	return fclose(out) ? -EIO : 0;
}

int compare_print__json(struct compare *c)
{
	FILE *out = c->base.out;

	fputs("{\"compare\":[", out);
	for (size_t i = 0; i < COMPARE_SIDES; i++) {
		const struct compare_side *s = &c->sides[i];

		fputs(i ? ",\n{\"recording\":" : "\n{\"recording\":", out);
		json_string__put(out, s->name);
		fputs(",\"kernel\":", out);
		json_string__put(out, s->kernel[0] ? s->kernel : NULL);
		fprintf(out, ",\"target_gone\":%s", s->gone ? "true" : "false");
		for (enum compare_figure f = 0; f < COMPARE_FIGURES; f++) {
			if (!s->known[f])
				continue;
			fprintf(out, ",\"%s\":", compare__figures[f].key);
			if (compare__figures[f].unit == UNIT_BYTES && s->values[f] == RECORD_NO_LIMIT)
				fputs("\"max\"", out);
			else
				fprintf(out, "%" PRIu64, s->values[f]);
		}
		fputc('}', out);
	}
	fputs("\n]}\n", out);
	return 0;
}
