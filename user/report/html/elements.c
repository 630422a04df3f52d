// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/elements.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/units.h"
#include "output/text_log.h"
#include "record/sink.h"
#include "record/time.h"
#include "report/cgroup_label.h"

#define BAR_LEAST 3 /* of HTML_ELEMENTS__BAR: what is there is seen */

void html_elements__safe(FILE *out, const char *safe, size_t len)
{
	for (; len--; safe++) {
		switch (*safe) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*safe, out);
		}
	}
}

void html_elements__bytes(FILE *out, const char *bytes, size_t len)
{
	char *safe = malloc(ESCAPE__TERMINAL_SIZE(len));

	if (!safe)
		return;
	len = escape__terminal(safe, ESCAPE__TERMINAL_SIZE(len), bytes, len);
	html_elements__safe(out, safe, len);
	free(safe);
}

void html_elements__text(FILE *out, const char *text)
{
	if (!text)
		text = "(unknown)";
	html_elements__bytes(out, text, strlen(text));
}

void html_elements__name(FILE *out, const char *name)
{
	fputs("<bdi>", out);
	html_elements__text(out, name);
	fputs("</bdi>", out);
}

void html_elements__process(FILE *out, const char *comm, uint32_t pid)
{
	html_elements__name(out, comm);
	fprintf(out, " <span class=\"pid\">pid %" PRIu32 "</span>", pid);
}

void html_elements__size(FILE *out, uint64_t bytes)
{
	char text[UNITS__TEXT_SIZE];

	fputs(units__format_size(text, sizeof(text), bytes), out);
}

void html_elements__duration(FILE *out, uint64_t duration_ns)
{
	char text[UNITS__TEXT_SIZE];

	fputs(units__format_duration(text, sizeof(text), duration_ns), out);
}

void html_elements__time(FILE *out, int64_t wall_ns)
{
	char text[64];

	record_time__format(text, sizeof(text), wall_ns);
	/* "2026-11-23T20:26:01.123456Z" */
	fprintf(out, "<time datetime=\"%s\">%.12s</time>", text, text + 11);
}

void html_elements__oom_time(FILE *out, const struct record *record)
{
	char text[TEXT_LOG_STAMP_SIZE];

	if (record->oom.log)
		html_elements__text(out, text_log__format_stamp(text, sizeof(text), record->oom.log->stamp,
								&record->time));
	else
		html_elements__time(out, record->time.wall_ns);
}

void html_elements__cgroup(FILE *out, const char *path, const struct record_container *container)
{
	char label[256];

	fputs("<bdi title=\"", out);
	html_elements__text(out, path);
	fputs("\">", out);
	html_elements__text(out, cgroup_label__format(label, sizeof(label), path, container));
	fputs("</bdi>", out);
}

void html_elements__part_begin(FILE *out, const char *heading)
{
	fprintf(out, "<section><h4>%s</h4>", heading);
}

void html_elements__bar_begin(FILE *out)
{
	fprintf(out,
		"<svg class=\"bar\" viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" "
		"aria-hidden=\"true\">",
		HTML_ELEMENTS__BAR);
}

static uint64_t scale(uint64_t value, uint64_t all)
{
	if (value >= all)
		return HTML_ELEMENTS__BAR;
	return (uint64_t)((unsigned __int128)value * HTML_ELEMENTS__BAR / all);
}

void html_elements__bar_piece(FILE *out, const char *class, uint64_t from, uint64_t to, uint64_t all)
{
	uint64_t x, width;

	if (!all || to < from)
		return;
	x = scale(from, all);
	width = scale(to, all) - x;
	if (width < BAR_LEAST)
		width = BAR_LEAST;
	if (x + width > HTML_ELEMENTS__BAR)
		x = HTML_ELEMENTS__BAR - width;
	fprintf(out, "<rect class=\"%s\" x=\"%" PRIu64 "\" width=\"%" PRIu64 "\" height=\"10\"/>", class, x,
		width);
}

void html_elements__bar_end(FILE *out)
{
	fputs("</svg>", out);
}
