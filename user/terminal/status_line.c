// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/status_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/units.h"
#include "output/curve.h"

#define CURVE_NS 10000000000ULL
#define CURVE_MIN 8
#define CURVE_GOOD 16 /* before the bar gets more than its least */
#define CURVE_MAX 40
#define BAR_MIN 6
#define BAR_MAX 20
#define NAME_MIN 8
#define NAME_BYTES 256
#define GAP 2
#define HIGH_PERCENT 90 /* of the limit: shown as a warning */

/* In the order in which they stand. */
enum part {
	PART_NAME,
	PART_WHAT,
	PART_USAGE,
	PART_PERCENT,
	PART_BAR,
	PART_CURVE,
	PART_KILLS,
	PART_RECLAIM,
	PART_REFUSED,
	PART_CPU,
	PART_PIDS,
	PART_RUNNING,
	PART_LEFT,
	PART_HINT,
	PARTS,
};

/* What goes first when there is no room; the rest never goes. */
static const enum part dropped[] = {
	PART_RUNNING, PART_HINT, PART_PIDS, PART_CPU,  PART_REFUSED, PART_BAR,	 PART_CURVE,
	PART_RECLAIM, PART_WHAT, PART_LEFT, PART_NAME, PART_PERCENT, PART_KILLS,
};

struct line {
	const struct status_line *status;
	char texts[PARTS][ESCAPE__TERMINAL_SIZE(NAME_BYTES)];
	unsigned int widths[PARTS]; /* 0: it isn't there */
};

/* Columns of a character: ASCII, and what may be double in a terminal. Too many rather than too few. */
static unsigned int columns_of(unsigned char lead)
{
	if ((lead & 0xc0) == 0x80)
		return 0; /* not the first of its bytes */
	return lead >= 0xe0 ? 2 : 1;
}

static unsigned int width_of(const char *text)
{
	unsigned int width = 0;

	for (; *text; text++)
		width += columns_of((unsigned char)*text);
	return width;
}

/* Cuts to that many columns, between characters. */
static void cut(char *text, unsigned int columns)
{
	unsigned int width = 0;

	for (; *text; text++) {
		width += columns_of((unsigned char)*text);
		if (width > columns) {
			*text = '\0';
			return;
		}
	}
}

static unsigned int percent_of(const struct status_line *s)
{
	double percent;

	if (!s->has_usage || s->max_bytes == RECORD_NO_LIMIT || !s->max_bytes)
		return 0;
	percent = 100.0 * (double)s->usage_bytes / (double)s->max_bytes;
	return percent > 999 ? 999 : (unsigned int)percent;
}

/* A number that doesn't get wider for ever: 9999, 12k, 3M. */
static const char *short_number(char *dst, size_t size, uint64_t number)
{
	static const char units[] = { '\0', 'k', 'M', 'G', 'T', 'P' };
	size_t unit = 0;

	while (number > 9999 && unit + 1 < sizeof(units)) {
		number /= 1000;
		unit++;
	}
	snprintf(dst, size, "%" PRIu64 "%.*s", number, unit > 0, &units[unit]);
	return dst;
}

static void set(struct line *line, enum part part, const char *text)
{
	snprintf(line->texts[part], sizeof(line->texts[part]), "%s", text);
	line->widths[part] = width_of(text);
}

static void set_count(struct line *line, enum part part, uint64_t count, const char *what)
{
	char number[UNITS__TEXT_SIZE], text[64];

	snprintf(text, sizeof(text), "%s %s", short_number(number, sizeof(number), count), what);
	set(line, part, text);
}

static void set_percent(struct line *line, enum part part, const char *what, unsigned int percent)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s%u%%", what, *what ? " " : "", percent > 9999 ? 9999 : percent);
	set(line, part, text);
}

static void set_usage(struct line *line, const struct status_line *s)
{
	char usage[UNITS__TEXT_SIZE], max[UNITS__TEXT_SIZE], text[80];

	if (!s->has_usage)
		return;
	snprintf(text, sizeof(text), "%s / %s", units__format_size(usage, sizeof(usage), s->usage_bytes),
		 units__format_size(max, sizeof(max), s->max_bytes));
	set(line, PART_USAGE, text);
	if (s->max_bytes == RECORD_NO_LIMIT)
		return;
	set_percent(line, PART_PERCENT, "", percent_of(s));
	if (!s->has_left) /* a search has more to say */
		line->widths[PART_BAR] = BAR_MIN;
}

static void set_name(struct line *line, const struct status_line *s)
{
	char safe[ESCAPE__TERMINAL_SIZE(NAME_BYTES)];
	const char *name = s->name ? s->name : "the whole machine";

	escape__terminal(safe, sizeof(safe), name, strnlen(name, NAME_BYTES));
	set(line, PART_NAME, safe);
}

/* As a stopwatch has it. */
static const char *stopwatch(char *dst, size_t size, uint64_t seconds)
{
	if (seconds < 3600)
		snprintf(dst, size, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
	else
		snprintf(dst, size, "%" PRIu64 ":%02d:%02d", seconds / 3600, (int)(seconds / 60 % 60),
			 (int)(seconds % 60));
	return dst;
}

static void set_running(struct line *line, uint64_t seconds)
{
	char text[UNITS__TEXT_SIZE];

	set(line, PART_RUNNING, stopwatch(text, sizeof(text), seconds));
}

static void set_left(struct line *line, uint64_t seconds)
{
	char time[UNITS__TEXT_SIZE], text[64];

	snprintf(text, sizeof(text), "~%s left", stopwatch(time, sizeof(time), seconds));
	set(line, PART_LEFT, text);
}

static void set_all(struct line *line, const struct status_line *s)
{
	set_name(line, s);
	if (s->what)
		set(line, PART_WHAT, s->what);
	set_usage(line, s);
	if (s->count)
		line->widths[PART_CURVE] = CURVE_MIN;
	/* A search is not meant to kill. */
	if (!s->has_left || s->kills)
		set_count(line, PART_KILLS, s->kills, s->kills == 1 ? "kill" : "kills");
	if (s->has_reclaim)
		set_percent(line, PART_RECLAIM, "reclaim", s->reclaim_percent);
	if (s->failed)
		set_count(line, PART_REFUSED, s->failed, "refused");
	if (s->has_cpu)
		set_percent(line, PART_CPU, "cpu", s->cpu_percent);
	if (s->has_pids)
		set_count(line, PART_PIDS, s->pids, s->pids == 1 ? "pid" : "pids");
	set_running(line, s->running_ns / NS_PER_S);
	if (s->has_left)
		set_left(line, s->left_ns / NS_PER_S);
	set(line, PART_HINT, "^C ends");
}

static unsigned int total(const struct line *line)
{
	unsigned int sum = 0;

	for (int i = 0; i < PARTS; i++)
		sum += line->widths[i] ? (sum ? GAP : 0) + line->widths[i] : 0;
	return sum;
}

/* Makes a part wider by what room there is, up to a width of its own. */
static void widen(struct line *line, enum part part, unsigned int max, unsigned int columns)
{
	unsigned int room = columns - total(line);

	if (!line->widths[part] || line->widths[part] >= max)
		return;
	line->widths[part] += room < max - line->widths[part] ? room : max - line->widths[part];
}

static void fit(struct line *line, unsigned int columns)
{
	unsigned int name = line->widths[PART_NAME];

	/* A long name of somebody else's gets what the others leave of the line. */
	if (name > NAME_MIN && line->status->name)
		line->widths[PART_NAME] = NAME_MIN;
	for (size_t i = 0; i < ARRAY_SIZE(dropped) && total(line) > columns; i++)
		line->widths[dropped[i]] = 0;
	if (total(line) > columns)
		line->widths[PART_USAGE] = 0;
	widen(line, PART_NAME, name, columns);
	widen(line, PART_CURVE, CURVE_GOOD, columns);
	widen(line, PART_BAR, BAR_MAX, columns);
	widen(line, PART_CURVE, CURVE_MAX, columns);
	cut(line->texts[PART_NAME], line->widths[PART_NAME]);
	line->widths[PART_NAME] = width_of(line->texts[PART_NAME]);
}

static char *put_bar(char *end, const struct status_line *s, unsigned int width)
{
	unsigned int inside = width - 2, percent = percent_of(s);
	unsigned int full = percent >= 100 ? inside : inside * percent / 100;

	*end++ = '[';
	for (unsigned int i = 0; i < inside; i++)
		*end++ = i < full ? '#' : '-';
	*end++ = ']';
	return end;
}

static char *put_part(char *end, const struct line *line, enum part part)
{
	const struct status_line *s = line->status;
	unsigned int width = line->widths[part];
	bool warn = s->colour && ((part == PART_PERCENT && percent_of(s) >= HIGH_PERCENT) ||
				  (part == PART_KILLS && s->kills));
	uint64_t from_ns = s->now_ns > CURVE_NS ? s->now_ns - CURVE_NS : 0;

	if (warn)
		end = stpcpy(end, "\033[1;31m");
	if (part == PART_BAR)
		end = put_bar(end, s, width);
	else if (part == PART_CURVE)
		end += strlen(curve__draw(end, s->points, s->count, from_ns, s->now_ns,
					  curve__top(s->points, s->count), width, s->ascii));
	else
		end = stpcpy(end, line->texts[part]);
	return warn ? stpcpy(end, "\033[0m") : end;
}

unsigned int status_line__format(char *dst, const struct status_line *status, unsigned int columns)
{
	struct line line = { .status = status };
	char *end = dst;

	if (columns > STATUS_LINE__COLUMNS_MAX)
		columns = STATUS_LINE__COLUMNS_MAX;
	set_all(&line, status);
	fit(&line, columns);
	for (int i = 0; i < PARTS; i++) {
		if (!line.widths[i])
			continue;
		if (end != dst)
			end += sprintf(end, "%*s", GAP, "");
		end = put_part(end, &line, i);
	}
	*end = '\0';
	return total(&line);
}
