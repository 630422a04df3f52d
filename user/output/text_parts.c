// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/units.h"
#include "containers/unit.h"
#include "output/wrap.h"
#include "record/time.h"

#define MARGIN 4
#define SHORT_ID 12 /* digits, as runtimes print them */
#define LONG_ID 32  /* digits that nothing else has in a row */

void text_parts__style(FILE *out, struct text_look look, enum text_parts_style style)
{
	static const char *const codes[] = { "\033[0m", "\033[1;31m", "\033[2m", "\033[1m" };

	if (look.colour)
		fputs(codes[style], out);
}

static void put_joined(FILE *out, const char *text)
{
	for (; *text; text++)
		putc(*text == ' ' ? WRAP_JOINT : *text, out);
}

/*
 * Names that somebody else chose never reach the terminal as they are. What isn't UTF-8 looks as a
 * recording has it, so that its report is the same.
 */
static void put_safe(FILE *out, const char *bytes, size_t len, bool joined)
{
	size_t clean_size = ESCAPE__UTF8_SIZE(len), safe_size = ESCAPE__TERMINAL_SIZE(clean_size);
	char *clean = malloc(clean_size + safe_size), *safe;

	if (!clean)
		return;
	safe = clean + clean_size;
	escape__terminal(safe, safe_size, clean, escape__utf8(clean, clean_size, bytes, len));
	if (joined)
		put_joined(out, safe);
	else
		fputs(safe, out);
	free(clean);
}

void text_parts__bytes(FILE *out, const char *bytes, size_t len)
{
	put_safe(out, bytes, len, false);
}

void text_parts__name(FILE *out, const char *name)
{
	if (!name)
		name = "(unknown)";
	put_safe(out, name, strlen(name), true);
}

void text_parts__path(FILE *out, struct text_look look, const char *path, unsigned int column)
{
	if (!look.columns || column + strlen(path) < look.columns) {
		text_parts__name(out, path);
		return;
	}
	while (*path) {
		size_t digits = strspn(path, "0123456789abcdef"), shown;

		if (digits >= LONG_ID)
			shown = SHORT_ID;
		else
			digits = shown = digits ? digits : strcspn(path, "0123456789abcdef");
		put_safe(out, path, shown, true);
		if (shown < digits)
			fputs(look.ascii ? "..." : "…", out);
		path += digits;
	}
}

void text_parts__size(FILE *out, const char *label, uint64_t bytes)
{
	char text[UNITS__TEXT_SIZE];

	fputs(label, out);
	put_joined(out, units__format_size(text, sizeof(text), bytes));
}

void text_parts__duration(FILE *out, const char *label, uint64_t duration_ns)
{
	char text[UNITS__TEXT_SIZE];

	fputs(label, out);
	put_joined(out, units__format_duration(text, sizeof(text), duration_ns));
}

void text_parts__back(FILE *out, const struct record_start *start)
{
	fprintf(out, " is %s (run %" PRIu64, start->run > 1 ? "back" : "followed", start->run);
	if (start->pause_ns) {
		text_parts__duration(out, ", ", start->pause_ns);
		fputs(" after its end", out);
	}
	fputc(')', out);
}

void text_parts__count(FILE *out, uint64_t count, const char *what)
{
	char digits[UNITS__TEXT_SIZE];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, count);

	for (int i = 0; i < len; i++)
		fprintf(out, "%s%c", i && (len - i) % 3 == 0 ? "," : "", digits[i]);
	fprintf(out, " %s%s", what, count == 1 ? "" : "s");
}

const char *text_parts__format_time(char *dst, size_t size, struct text_look look, int64_t wall_ns)
{
	return look.local_time ? record_time__format_local(dst, size, wall_ns)
			       : record_time__format(dst, size, wall_ns);
}

const char *text_parts__format_zone(char *dst, size_t size, const char *time)
{
	const char *zone = time + strlen("2026-11-23T20:26:01.123456");

	snprintf(dst, size, "UTC%s", *zone == 'Z' ? "" : zone);
	return dst;
}

void text_parts__label(FILE *out, struct text_look look, const char *label)
{
	fprintf(out, "%*s", MARGIN, "");
	text_parts__style(out, look, STYLE_DIM);
	fprintf(out, "%-*s", TEXT_PARTS_INDENT - MARGIN, label);
	text_parts__style(out, look, STYLE_PLAIN);
	putc(WRAP_HANG, out);
}

static void put_id(FILE *out, const struct record_container *c)
{
	const struct container_ref *ref = &c->ref;

	text_parts__bytes(out, ref->id[0] ? ref->id : ref->pod_uid,
			  ref->id[0] ? container__shown_id(ref) : strlen(ref->pod_uid));
}

bool text_parts__container(FILE *out, const struct record_container *c)
{
	if (c->ref.runtime == CONTAINER__UNKNOWN)
		return false;
	fprintf(out, "%s ", container__runtime_name(c->ref.runtime));
	if (c->name)
		text_parts__name(out, c->name);
	if (c->name && c->ref.id[0])
		fputs(" (", out);
	put_id(out, c);
	if (c->name && c->ref.id[0])
		fputc(')', out);
	return true;
}

/* A cgroup below the container's own. */
static void put_below(FILE *out, const char *path, const struct record_container *c)
{
	if (!path || !c->ref.prefix_len || strlen(path) <= c->ref.prefix_len)
		return;
	fputc(':', out);
	text_parts__name(out, path + c->ref.prefix_len);
}

void text_parts__place(FILE *out, const char *path, const struct record_container *c)
{
	if (text_parts__container(out, c))
		put_below(out, path, c);
	else
		text_parts__name(out, path);
}

static void put_unit_or_path(FILE *out, const char *path)
{
	char label[UNIT_LABEL_SIZE];

	text_parts__name(out, unit__label(label, sizeof(label), path) ? label : path);
}

void text_parts__named_place(FILE *out, const char *path, const struct record_container *c)
{
	if (text_parts__container(out, c))
		put_below(out, path, c);
	else
		put_unit_or_path(out, path);
}

void text_parts__short_place(FILE *out, const char *path, const struct record_container *c)
{
	if (c->ref.runtime == CONTAINER__UNKNOWN) {
		put_unit_or_path(out, path);
		return;
	}
	if (c->name)
		text_parts__name(out, c->name);
	else
		put_id(out, c);
	put_below(out, path, c);
}

void text_parts__process(FILE *out, const char *comm, uint32_t pid)
{
	text_parts__name(out, comm);
	fprintf(out, " (pid%c%u)", WRAP_JOINT, pid);
}

static void put_process(FILE *out, const char *comm, uint32_t pid)
{
	if (pid)
		text_parts__process(out, comm, pid);
	else
		text_parts__name(out, comm);
}

static void put_write(FILE *out, uint64_t id, const void *ctx)
{
	(void)ctx;
	fprintf(out, "write%c%" PRIu64, WRAP_JOINT, id);
}

static void put_size(FILE *out, uint64_t bytes)
{
	text_parts__size(out, "", bytes);
}

static void put_duration(FILE *out, uint64_t duration_ns)
{
	text_parts__duration(out, "", duration_ns);
}

void text_parts__cause(FILE *out, enum cause_form form, const struct cause_facts *facts)
{
	static const struct cause_words_ops ops = { put_process, put_write, put_size, put_duration };

	cause_words__put(out, form, facts, &ops, NULL);
}

void text_parts__init(FILE *out, const struct record_victim *victim)
{
	fputs(container__is_service(&victim->container.ref, victim->cgroup) ? ", its main process"
									    : ", its first process (init)",
	      out);
}
