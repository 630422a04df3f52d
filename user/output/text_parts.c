// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/units.h"
#include "record/time.h"

#define MARGIN 4
#define SHORT_ID 12

void text__style(const struct text_sink *sink, enum style style)
{
	static const char *const codes[] = { "\033[0m", "\033[1;31m", "\033[2m", "\033[1m" };

	if (sink->look.colour)
		fputs(codes[style], sink->base.out);
}

/*
 * Names that somebody else chose never reach the terminal as they are. What isn't UTF-8 looks as a
 * recording has it, so that its report is the same.
 */
void text__bytes(FILE *out, const char *bytes, size_t len)
{
	size_t clean_size = ESCAPE__UTF8_SIZE(len), safe_size = ESCAPE__TERMINAL_SIZE(clean_size);
	char *clean = malloc(clean_size + safe_size), *safe;

	if (!clean)
		return;
	safe = clean + clean_size;
	escape__terminal(safe, safe_size, clean, escape__utf8(clean, clean_size, bytes, len));
	fputs(safe, out);
	free(clean);
}

void text__name(FILE *out, const char *name)
{
	text__bytes(out, name ? name : "(unknown)", strlen(name ? name : "(unknown)"));
}

void text__size(FILE *out, const char *label, uint64_t bytes)
{
	char text[UNITS__TEXT_SIZE];

	fprintf(out, "%s%s", label, units__format_size(text, sizeof(text), bytes));
}

void text__count(FILE *out, uint64_t count, const char *what)
{
	char digits[UNITS__TEXT_SIZE];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, count);

	for (int i = 0; i < len; i++)
		fprintf(out, "%s%c", i && (len - i) % 3 == 0 ? "," : "", digits[i]);
	fprintf(out, " %s%s", what, count == 1 ? "" : "s");
}

void text__label(const struct text_sink *sink, const char *label)
{
	fprintf(sink->base.out, "%*s", MARGIN, "");
	text__style(sink, STYLE_DIM);
	fprintf(sink->base.out, "%-*s", TEXT_INDENT - MARGIN, label);
	text__style(sink, STYLE_PLAIN);
}

/* UTC, as in JSON. The date has a line of its own. */
void text__time(struct text_sink *sink, const struct record_time *time)
{
	int64_t day = time->wall_ns / NS_PER_DAY;
	char text[64];

	record_time__format(text, sizeof(text), time->wall_ns);
	text__style(sink, STYLE_DIM);
	if (day != sink->day)
		fprintf(sink->base.out, "%.10s (UTC)\n", text);
	sink->day = day;
	/* "2026-11-23T20:26:01.123456Z": from the T on, to the millisecond */
	fprintf(sink->base.out, "%.12s  ", text + 11);
	text__style(sink, STYLE_PLAIN);
}

bool text__container(FILE *out, const struct record_container *c)
{
	if (c->ref.runtime == CONTAINER__UNKNOWN)
		return false;
	fprintf(out, "%s ", container__runtime_name(c->ref.runtime));
	if (c->name)
		text__name(out, c->name);
	if (c->name && c->ref.id[0])
		fputs(" (", out);
	text__bytes(out, c->ref.id[0] ? c->ref.id : c->ref.pod_uid,
		    c->ref.id[0] ? strnlen(c->ref.id, SHORT_ID) : strlen(c->ref.pod_uid));
	if (c->name && c->ref.id[0])
		fputc(')', out);
	return true;
}

bool text__is_target(const struct text_sink *sink, const struct record_container *c)
{
	return sink->target_id[0] && !strcmp(sink->target_id, c->ref.id);
}

void text__process(FILE *out, const char *comm, uint32_t pid)
{
	text__name(out, comm);
	fprintf(out, " (pid %u)", pid);
}
