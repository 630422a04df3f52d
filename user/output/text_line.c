// SPDX-License-Identifier: GPL-2.0-only
/* One run of the OOM killer as a line, which has what differs from other runs of its kind. */
#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "output/text_log.h"
#include "output/text_sink.h"
#include "output/wrap.h"

#define GAP "  "

/* "19.6 of 80.0 MiB", where the units are the same; else "912.0 KiB of 80.0 MiB". In one piece. */
static void put_part_of(FILE *out, uint64_t part, uint64_t whole)
{
	char a[UNITS__TEXT_SIZE], b[UNITS__TEXT_SIZE], text[2 * UNITS__TEXT_SIZE + 8];
	char *unit;

	units__format_size(a, sizeof(a), part);
	units__format_size(b, sizeof(b), whole);
	unit = strchr(a, ' ');
	if (unit && strchr(b, ' ') && !strcmp(unit, strchr(b, ' ')))
		*unit = '\0';
	snprintf(text, sizeof(text), "%s of %s", a, b);
	text_parts__name(out, text);
}

static void put_victim(FILE *out, const struct record_oom *oom, const struct record_victim *victim)
{
	text_parts__name(out, victim->comm);
	fprintf(out, "/%" PRIu32, victim->pid);
	if (oom->killed > 1)
		fprintf(out, " and%c%" PRIu64 "%cmore", WRAP_JOINT, oom->killed - 1, WRAP_JOINT);
	if (victim->init)
		text_parts__init(out, victim);
	if (!victim->has_mm)
		return;
	if (oom->limit && oom->limit->has_memory && oom->limit->max_bytes != RECORD_NO_LIMIT) {
		fputs(GAP "anon ", out);
		put_part_of(out, victim->anon_rss_bytes, oom->limit->max_bytes);
	} else {
		text_parts__size(out, GAP "anon ", victim->anon_rss_bytes);
	}
}

static void put_growth(FILE *out, const struct record_history *h)
{
	uint64_t rate = (uint64_t)h->growth_bytes_per_s;

	if (!h->has_growth || !rate)
		return;
	if (h->growth_bytes_per_s > 0)
		text_parts__size(out, GAP "+", rate);
	else
		text_parts__size(out, GAP "-", -rate);
	fputs("/s", out);
}

void text_line__put(struct text_sink *sink, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	const struct record_victim *victim = record__first_killed(oom);
	FILE *out = sink->base.out;

	if (oom->log)
		text_log__stamp(sink, oom->log->stamp, &record->time);
	else
		text_sink__time(sink, &record->time);
	if (victim)
		text_parts__short_place(out, victim->cgroup || !oom->log ? victim->cgroup : "the machine",
					&victim->container);
	else
		text_parts__short_place(out, oom->limit ? oom->limit->path : "the machine",
					&oom->limit_container);
	fprintf(out, GAP "OOM%c%" PRIu64 GAP, WRAP_JOINT, oom->id);
	text_sink__style(sink, STYLE_KILL);
	if (victim)
		fputs("killed ", out);
	else if (oom->outcome == OOM_NO_VICTIM)
		fputs("nothing could be killed", out);
	else if (oom->outcome == OOM_EXITING)
		fputs("nothing was killed: a process was ending already", out);
	else if (oom->log)
		fputs(oom->log->is_panic ? "the kernel panicked" : "the log ends early", out);
	else
		fputs("its events were lost", out);
	text_sink__style(sink, STYLE_PLAIN);
	if (victim)
		put_victim(out, oom, victim);
	fprintf(out, GAP "%s", cause_words__short(oom->cause));
	if (oom->history)
		put_growth(out, oom->history);
	if (oom->incomplete)
		fputs(GAP "part of its events was lost", out);
	fputc('\n', out);
}
