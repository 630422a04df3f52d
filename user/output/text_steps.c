// SPDX-License-Identifier: GPL-2.0-only
/* Changes of the target's limit and what each of them led to, as text. */
#include <inttypes.h>

#include "base/units.h"
#include "output/text_sink.h"
#include "output/wrap.h"

#define TABLE_COLUMNS 79 /* of the table; narrower terminals get sentences */

/* "512.0 MiB -> 400.0 MiB: freed 61.0 MiB in 4.1 ms, killed 2 inside the write, ..." */
static void put_sentence(const struct text_sink *sink, const struct record_step *s)
{
	FILE *out = sink->base.out;

	text_sink__style(sink, STYLE_STRONG);
	text_parts__size(out, "", s->old_max_bytes);
	text_parts__size(out, " -> ", s->new_max_bytes);
	text_sink__style(sink, STYLE_PLAIN);
	text_parts__size(out, ": freed ", s->reclaimed_bytes);
	text_parts__duration(out, " in ", s->duration_ns);
	fprintf(out, ", killed %" PRIu64 " inside the write", s->killed_inside);
	if (s->has_needed && s->needed < s->killed_inside)
		fprintf(out, " (%" PRIu64 " would have been enough)", s->needed);
	fprintf(out, ", %" PRIu64 " after it, %s\n", s->killed_after,
		s->alive ? "processes are left" : "no process is left");
}

int text_steps__take_step(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_step *s = &record->step;

	if (sink->look.detail == TEXT_BRIEF)
		return 0;
	/* As with its write: what changed nothing and killed nobody is in the table alone. */
	if (sink->look.detail != TEXT_ALL && s->old_max_bytes == s->new_max_bytes && !s->killed_inside &&
	    !s->killed_after)
		return 0;
	text_sink__time(sink, &record->time);
	put_sentence(sink, s);
	return text_sink__flush((struct text_sink *)base);
}

static void put_row(FILE *out, const struct record_step *s)
{
	char new[UNITS__TEXT_SIZE], before[UNITS__TEXT_SIZE];
	char after[UNITS__TEXT_SIZE], first[UNITS__TEXT_SIZE] = "-", floor[UNITS__TEXT_SIZE] = "-";

	if (s->has_first_kill)
		units__format_duration(first, sizeof(first), s->first_kill_ns);
	if (s->has_floor)
		units__format_size(floor, sizeof(floor), s->floor_bytes);
	fprintf(out, "    %10s %10s %10s %10s %6" PRIu64 " %5" PRIu64 " %10s  %s\n",
		units__format_size(new, sizeof(new), s->new_max_bytes),
		units__format_size(before, sizeof(before), s->usage_before_bytes),
		units__format_size(after, sizeof(after), s->usage_after_bytes), floor, s->killed_inside,
		s->killed_after, first, s->alive ? "yes" : "no");
}

static void put_table(const struct text_sink *sink, const struct record_steps *s)
{
	FILE *out = sink->base.out;

	if (sink->look.columns && sink->look.columns < TABLE_COLUMNS) {
		for (size_t i = 0; i < s->count; i++) {
			text_sink__label(sink, "");
			put_sentence(sink, &s->steps[i]);
		}
		return;
	}
	text_sink__style(sink, STYLE_DIM);
	fprintf(out, "    %10s %10s %10s %10s %6s %5s %10s  %s", "", "usage", "usage", "foreseen", "killed",
		"", "first kill", "any");
	text_sink__style(sink, STYLE_PLAIN);
	fputc('\n', out);
	text_sink__style(sink, STYLE_DIM);
	fprintf(out, "    %10s %10s %10s %10s %6s %5s %10s  %s", "new limit", "before", "after", "at best",
		"inside", "later", "after", "left");
	text_sink__style(sink, STYLE_PLAIN);
	fputc('\n', out);
	for (size_t i = 0; i < s->count; i++)
		put_row(out, &s->steps[i]);
}

int text_steps__take(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_steps *s = &record->steps;
	FILE *out = base->out;

	text_sink__time(sink, &record->time);
	fprintf(out, "changes of memory.max: %zu\n", s->count);
	if (sink->look.detail != TEXT_BRIEF)
		put_table(sink, s);
	fprintf(out, "    %c", WRAP_HANG);
	if (s->has_first_kill)
		text_parts__size(out, "the first process was killed at a limit of at most ",
				 s->first_kill_max_bytes);
	else
		fputs("no process was killed", out);
	if (s->died)
		text_parts__size(out, "; all were gone at ", s->died_max_bytes);
	fputc('\n', out);
	if (s->outcome) {
		fprintf(out, "    %c", WRAP_HANG);
		text_parts__size(out, "the limit of before, ", s->old_max_bytes);
		fputs(": ", out);
		text_parts__name(out, s->outcome);
		fputc('\n', out);
	}
	return text_sink__flush((struct text_sink *)base);
}
