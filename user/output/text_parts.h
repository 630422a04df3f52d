/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the text sink share (sink_text.c, text_*.c); some of it others that print text, too. */
#ifndef OOMTRACE_TEXT_H
#define OOMTRACE_TEXT_H

#include "output/look.h"
#include "record/sink.h"

struct text_sink {
	struct sink base;
	struct text_look look;
	bool from_log;			    /* the session is a kernel log's, whose times are text */
	char target_id[CONTAINER__ID_SIZE]; /* of the target, when that is a container; else "" */
	struct stack_top *top;		    /* where memory was charged */
	uint64_t last_oom_id;		    /* the one that was printed last; 0: none was */
	int64_t day;			    /* of the last time that was printed, since 1970 */
	/* The stall that was last told of: which, and how long it was then. */
	uint64_t stall_cgroup_id, stall_since_ns, stall_told_ns;
};

enum style { STYLE_PLAIN, STYLE_KILL, STYLE_DIM, STYLE_STRONG };

void text__style(const struct text_sink *sink, enum style style);

/* Names that somebody else chose, made safe for a terminal. NULL is unknown. */
void text__bytes(FILE *out, const char *bytes, size_t len);
void text__name(FILE *out, const char *name);

/* "web (pid 12)" */
void text__process(FILE *out, const char *comm, uint32_t pid);

/* "docker web (3f2a91c0b1de)"; false and nothing when it is no container. */
bool text__container(FILE *out, const struct record_container *c);

/* Whether this is the container that is being traced, which need not be named again and again. */
bool text__is_target(const struct text_sink *sink, const struct record_container *c);

void text__size(FILE *out, const char *label, uint64_t bytes);

/* "1,234 charges": the plural where it isn't one. */
void text__count(FILE *out, uint64_t count, const char *what);

#define TEXT_INDENT 14 /* columns before what stands behind a label */

/* Begins an indented line. */
void text__label(const struct text_sink *sink, const char *label);

/* Begins a record: the time of day, after the date where that has changed. */
void text__time(struct text_sink *sink, const struct record_time *time);

/* text_oom.c: one run of the OOM killer. */
int text__oom(struct sink *base, const struct record *record);

/* text_memory.c: what led to it. */
void text__history(const struct text_sink *sink, const struct record_history *history);
void text__memory(const struct text_sink *sink, const struct record_memory *memory);
void text__chain(const struct text_sink *sink, const struct record_oom *oom);
void text__session_memory(const struct text_sink *sink, const struct record_session *session);
int text__stall(struct sink *base, const struct record *record);

#endif
