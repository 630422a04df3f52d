/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pieces of text for people: safe names, sizes, times. Their output may have the marks of wrap.h in it, so
 * it goes through wrap__open() or wrap__plain() before anybody reads it.
 */
#ifndef OOMTRACE_TEXT_PARTS_H
#define OOMTRACE_TEXT_PARTS_H

#include "output/look.h"
#include "record/cause_words.h"
#include "record/sink.h"

enum text_parts_style { STYLE_PLAIN, STYLE_KILL, STYLE_DIM, STYLE_STRONG };

/* Writes nothing where there are no colours. */
void text_parts__style(FILE *out, struct text_look look, enum text_parts_style style);

/* Text that somebody else chose, made safe for a terminal; lines may be broken at its blanks. */
void text_parts__bytes(FILE *out, const char *bytes, size_t len);

/* A name, likewise, in one piece. NULL is unknown. */
void text_parts__name(FILE *out, const char *name);

/*
 * A path, likewise, that begins at that column. Where the terminal has no room for it the long numbers of
 * containers in it are cut to their first twelve digits, which every runtime takes, and an ellipsis.
 */
void text_parts__path(FILE *out, struct text_look look, const char *path, unsigned int column);

/* "web (pid 12)" */
void text_parts__process(FILE *out, const char *comm, uint32_t pid);

/* "docker web (3f2a91c0b1de)"; false and nothing when it is no container. */
bool text_parts__container(FILE *out, const struct record_container *c);

/*
 * Whose cgroup it is, by the same words everywhere: "docker web (3f2a91c0b1de)" for a container's own
 * cgroup (and without a path), with ":/below" for one in it; else the path.
 */
void text_parts__place(FILE *out, const char *path, const struct record_container *c);

/* The same in a sentence, which calls a unit of systemd by its name: "web.service", "web.service of uid 1000". */
void text_parts__named_place(FILE *out, const char *path, const struct record_container *c);

/* The same in short: "web", "web:/below", "web.service", the path. */
void text_parts__short_place(FILE *out, const char *path, const struct record_container *c);

/* " is back (run 3, 2.1 s after its end)" */
void text_parts__back(FILE *out, const struct record_start *start);

/* The sentence for a cause. */
void text_parts__cause(FILE *out, enum cause_form form, const struct cause_facts *facts);

void text_parts__size(FILE *out, const char *label, uint64_t bytes);
void text_parts__duration(FILE *out, const char *label, uint64_t duration_ns);

/* "1,234 charges": the plural where it isn't one. */
void text_parts__count(FILE *out, uint64_t count, const char *what);

#define TEXT_PARTS_INDENT 14 /* columns before what stands behind a label */

#define TEXT_PARTS_TIME_SIZE 64

/* A time of the wall clock as RFC 3339 with microseconds, in the zone of that look. Returns dst. */
const char *text_parts__format_time(char *dst, size_t size, struct text_look look, int64_t wall_ns);

/* The zone of such a text: "UTC", "UTC+01:00". Returns dst. */
const char *text_parts__format_zone(char *dst, size_t size, const char *time);

/* Begins an indented line. */
void text_parts__label(FILE *out, struct text_look look, const char *label);

/* ", its first process (init)", or ", its main process" of a service. */
void text_parts__init(FILE *out, const struct record_victim *victim);

#endif
