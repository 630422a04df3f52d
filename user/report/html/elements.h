/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pieces of an HTML page. Every name that somebody else chose goes through here. Control characters become
 * visible as on a terminal (escape.h), and markup becomes harmless, so a name is never more than text.
 */
#ifndef OOMTRACE_HTML_ELEMENTS_H
#define OOMTRACE_HTML_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "record/record.h"

/* Length of the bars of html_elements__bar_begin() in units of their own; they are scaled to their place. */
#define HTML_ELEMENTS__BAR 1000

/* Text for an element or a quoted attribute. NULL: "(unknown)". */
void html_elements__text(FILE *out, const char *text);
void html_elements__bytes(FILE *out, const char *bytes, size_t len);

/* Text that is safe for a terminal already: only markup is left to be escaped. */
void html_elements__safe(FILE *out, const char *safe, size_t len);

/* A name, isolated so that its direction of writing can't turn round what stands beside it. */
void html_elements__name(FILE *out, const char *name);
void html_elements__process(FILE *out, const char *comm, uint32_t pid);

void html_elements__size(FILE *out, uint64_t bytes);
void html_elements__duration(FILE *out, uint64_t duration_ns);

/* A <time> element that shows the time of day (UTC) to the millisecond. */
void html_elements__time(FILE *out, int64_t wall_ns);

/* The time of an OOM: a log's stamp as it stands there; else that of the wall clock. */
void html_elements__oom_time(FILE *out, const struct record *record);

/* What people call a cgroup: its container's name or short id; else its path. */
void html_elements__cgroup(FILE *out, const char *path, const struct record_container *container);

/* Begins a part of a card: a section, to be ended. */
void html_elements__part_begin(FILE *out, const char *heading);

/* One piece of a bar, from `from` to `to` of `all`, clipped; drawn so that the least of it is seen. */
void html_elements__bar_begin(FILE *out);
void html_elements__bar_piece(FILE *out, const char *class, uint64_t from, uint64_t to, uint64_t all);
void html_elements__bar_end(FILE *out);

#endif
