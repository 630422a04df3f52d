/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sink is where records go. It prints the records that it takes and nothing else: it reads no clock
 * and no file, so a report prints what the live run printed. Every call returns 0 or a negative errno
 * of writing (-EPIPE: the reader has gone).
 */
#ifndef OOMTRACE_SINK_H
#define OOMTRACE_SINK_H

#include <stdio.h>

#include "record/record.h"

struct sink;

struct sink_ops {
	int (*take)(struct sink *sink, const struct record *record);
	void (*free)(struct sink *sink);

	/*
	 * Called after the last record. The sink writes what it had to hold back until then. There may
	 * have been no `end`, or several, because recordings are cut off and joined. NULL: nothing is held back.
	 */
	int (*finish)(struct sink *sink);

	/* Called some times a second while records come. NULL: nothing is held back for a while. */
	int (*sync)(struct sink *sink);
};

struct sink {
	const struct sink_ops *ops;
	FILE *out;
};

/* How text may look where it goes; plain UTF-8 in a file. */
struct text_look {
	bool colour;
	bool ascii; /* curves, too */
};

/* Each returns a sink that writes to `out` (not owned), to be freed by ops->free, or NULL. */
struct sink *text__new(FILE *out, struct text_look look);
struct sink *jsonl_write__new(FILE *out);
struct sink *jsonl_write__new_buffered(FILE *out); /* doesn't flush */
struct sink *folded_sink__new(FILE *out);
struct sink *html_report__new(FILE *out);
struct sink *chrome_trace__new(FILE *out);

/* One JSON document. NULL, with errno, also when there is no room for temporary files. */
struct sink *document__new(FILE *out);

/* Text after a summary of it. NULL, with errno, also when there is no room for temporary files. */
struct sink *summary__new(FILE *out, struct text_look look);

/*
 * These hand records on to other sinks, which they own from now on, even when they return NULL, as
 * they do when one of those is NULL.
 */
struct report_filter;
struct sink *tee__new(struct sink *const *sinks, size_t count);
struct sink *filter__new(struct sink *next, const struct report_filter *filter);

/* Hands a record on. */
int sink__take(struct sink *sink, const struct record *record);

/* For a `take`: calls the function for the record's kind. The sink has no use for kinds with none. */
typedef int (*sink_take_fn)(struct sink *sink, const struct record *record);
int sink__dispatch(const sink_take_fn takes[RECORD_KINDS], struct sink *sink, const struct record *record);

/* Calls finish, if there is one, and flushes. Returns 0 or a negative errno. */
int sink__finish(struct sink *sink);

/* Calls sync, if there is one. */
int sink__sync(struct sink *sink);

/* Flushes `out`. Returns 0 or the negative errno with which writing failed. */
int sink__flush(struct sink *sink);

/* The first victim that was killed and not only marked, because it was exiting already; NULL: none. */
const struct record_victim *sink__first_killed(const struct record_oom *oom);

/* What became of a process, from a status as wait(2) has it: the exit code of a shell or of Docker. */
int sink__exit_code(uint32_t status);

/* A record's `type` in JSON. */
const char *sink__type_name(enum record_kind kind);

/* "OOM killer: chosen", ... as in the schema: the name of a role. */
const char *sink__role_name(enum record_role role);
const char *sink__outcome_name(enum oom_outcome outcome);
const char *sink__cause_name(enum record_cause cause);
const char *sink__reclaim_name(enum reclaim_kind kind);

/* The key of one of an OOM's `memory` figures. */
const char *sink__memory_key(enum memory_item item);

/* The name of a limit's file in the cgroup's folder. */
const char *sink__limit_file_name(enum limit_file file);

/* Writes wall-clock time as RFC 3339 in UTC, with microseconds. Returns dst. */
const char *sink__format_time(char *dst, size_t size, int64_t wall_ns);

/* The opposite: RFC 3339, of any zone, 1970 to 2261. Returns 0 or -EINVAL. */
int sink__parse_time(const char *text, int64_t *wall_ns);

#endif
