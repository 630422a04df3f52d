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

/* Freed by ops->free. `out` is not its own unless its maker says so. */
struct sink {
	const struct sink_ops *ops;
	FILE *out;
};

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

#endif
