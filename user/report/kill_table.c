// SPDX-License-Identifier: GPL-2.0-only
#include "report/kill_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/units.h"
#include "output/text_parts.h"
#include "output/wrap.h"

#define ROW "%5s  %-*s  %-*s %10s %10s  "
#define WHO_WIDTH 23
#define WHO_SIZE 128 /* bytes, and enough for a time */
#define WHO_LEAST 14
#define TIME_WIDTH 12	 /* HH:MM:SS.mmm; a log's stamps may be longer */
#define COLUMNS_LEAST 80 /* narrower: the fields of a row one after the other */

struct kill_table {
	struct sink base;
	struct text_look look;
	int time_width; /* 0: nothing has been printed */
};

/* Columns that a text takes when it has been made safe. */
static int width_of(const char *text)
{
	char safe[ESCAPE__TERMINAL_SIZE(WHO_SIZE)];
	int width = 0;

	escape__terminal(safe, sizeof(safe), text, strlen(text));
	for (const char *c = safe; *c; c++)
		width += wrap__columns((unsigned char)*c);
	return width;
}

/* In one piece, filled up with blanks: lines are broken after it. The text has less than WHO_SIZE bytes. */
static void put_cell(FILE *out, int width, const char *text)
{
	int len = width_of(text);

	for (int i = len; i < (width < 0 ? 0 : width); i++)
		putc(WRAP_JOINT, out);
	text_parts__name(out, text);
	for (int i = len; i < -width; i++)
		putc(WRAP_JOINT, out);
}

/* Long stamps take room from the names, of which few are long, so that a row stays one line. */
static int who_width(const struct kill_table *t)
{
	int width = WHO_WIDTH - (t->time_width - TIME_WIDTH);

	return width > WHO_LEAST ? width : WHO_LEAST;
}

static void put_heading(const struct kill_table *t, const char *time)
{
	FILE *out = t->base.out;

	text_parts__style(out, t->look, STYLE_DIM);
	fprintf(out, ROW "cause", "OOM", t->time_width, time, who_width(t), "killed", "anon", "limit");
	text_parts__style(out, t->look, STYLE_PLAIN);
	fputc('\n', out);
}

const char *kill_table__format_time(char *dst, size_t size, struct text_look look,
				    const struct record *record)
{
	char text[TEXT_PARTS_TIME_SIZE];

	if (record->oom.log)
		return text_log__format_stamp(dst, size, record->oom.log->stamp, &record->time);
	text_parts__format_time(text, sizeof(text), look, record->time.wall_ns);
	snprintf(dst, size, "%.12s", text + 11);
	return dst;
}

/* A log may not name the victim's cgroup. */
static void put_place(FILE *out, const struct record_oom *oom, const struct record_victim *victim)
{
	const char *path = victim ? victim->cgroup : oom->limit ? oom->limit->path : "the machine";

	if (!path)
		return;
	fputs(", ", out);
	text_parts__short_place(out, path, victim ? &victim->container : &oom->limit_container);
}

/* What the times are of: "time +01:00" is as wide as a time. */
static void format_time_heading(char *dst, size_t size, struct text_look look, const struct record *record)
{
	char text[TEXT_PARTS_TIME_SIZE];

	if (record->oom.log) {
		snprintf(dst, size, "time");
		return;
	}
	text_parts__format_time(text, sizeof(text), look, record->time.wall_ns);
	if (look.local_time)
		snprintf(dst, size, "time %s", text + strlen("2026-11-23T20:26:01.123456"));
	else
		snprintf(dst, size, "time (UTC)");
}

static int take_oom(struct kill_table *t, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	const struct record_victim *victim = record__first_killed(oom);
	bool narrow = t->look.columns && t->look.columns < COLUMNS_LEAST;
	char id[32], time[TEXT_LOG_STAMP_SIZE], who[WHO_SIZE], anon[UNITS__TEXT_SIZE] = "-",
							       max[UNITS__TEXT_SIZE] = "-";
	FILE *out = t->base.out;

	kill_table__format_time(time, sizeof(time), t->look, record);
	if (!t->time_width) {
		/* The stamps of one log are alike: the first says how wide they are. */
		t->time_width = strlen(time) > TIME_WIDTH ? (int)strlen(time) : TIME_WIDTH;
		format_time_heading(who, sizeof(who), t->look, record);
		if (!narrow)
			put_heading(t, who);
	}
	snprintf(id, sizeof(id), "%" PRIu64, oom->id);
	if (victim)
		snprintf(who, sizeof(who), "%s/%" PRIu32, victim->comm ? victim->comm : "?", victim->pid);
	else
		snprintf(who, sizeof(who), "%s",
			 !record__kills_untold(oom) ? "(nothing)"
			 : oom->log		    ? "(not in the log)"
						    : "(lost)");
	if (victim && victim->has_mm)
		units__format_size(anon, sizeof(anon), victim->anon_rss_bytes);
	if (oom->limit && oom->limit->has_memory)
		units__format_size(max, sizeof(max), oom->limit->max_bytes);
	put_cell(out, narrow ? 0 : 5, id);
	fprintf(out, "  %c", WRAP_HANG);
	put_cell(out, narrow ? 0 : -t->time_width, time);
	fputs("  ", out);
	put_cell(out, narrow ? 0 : -who_width(t), who);
	putc(' ', out);
	put_cell(out, narrow ? 0 : 10, anon);
	fputs(narrow ? " of " : " ", out);
	put_cell(out, narrow ? 0 : 10, max);
	fprintf(out, "  %s", cause_words__word(oom->cause));
	if (oom->killed > 1)
		fprintf(out, ", and %" PRIu64 " more", oom->killed - 1);
	put_place(out, oom, victim);
	fputc('\n', out);
	return ferror(out) ? sink__flush(&t->base) : 0;
}

static int table_take(struct sink *base, const struct record *record)
{
	return record->kind == RECORD_OOM ? take_oom((struct kill_table *)base, record) : 0;
}

static void table_free(struct sink *base)
{
	free(base);
}

static const struct sink_ops table_ops = { .take = table_take, .free = table_free };

struct sink *kill_table__new(FILE *out, struct text_look look)
{
	struct kill_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	*t = (struct kill_table){ .base = { .ops = &table_ops, .out = out }, .look = look };
	return &t->base;
}
