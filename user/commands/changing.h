/* SPDX-License-Identifier: GPL-2.0-only */
/* A session that changes the target's limit: the steps, the keys, the guard, and putting it back. */
#ifndef OOMTRACE_CHANGING_H
#define OOMTRACE_CHANGING_H

#include "base/event_loop.h"
#include "commands/trace_options.h"
#include "limit/guard.h"
#include "limit/writer.h"
#include "target/target.h"
#include "terminal/console.h"
#include "terminal/key_actions.h"

#define CHANGING__WORDS_SIZE 160

/* Without a guard nothing is changed, and all of this does nothing. */
struct changing {
	struct guard *guard; /* owned */
	struct console *console;
	const char **end_reason;     /* set to end the session; static text */
	struct limit_writer *writer; /* NULL: not begun, or over */
	struct key_actions actions;
	struct event_loop *loop;
	bool wants_keys, listening;
	int error; /* the limit couldn't be set, or not be put back */
};

/*
 * Begins with the steps, and has the loop listen to keys. After privileges have been dropped. Returns 0 or
 * a negative errno.
 */
int changing__start(struct changing *changing, const struct trace_options *opts, const struct target *target,
		    struct event_loop *loop);

/* Says on stderr what guard__watch() did; nothing for 0. */
void changing__tell_guard(int result);

/* Some times a second: the guard must not be missing when oomtrace is killed. */
void changing__watch_guard(struct changing *changing);

/* The process may have come to the foreground again (SIGCONT, and some times a second): listens to keys. */
void changing__listen(struct changing *changing, bool again);

/* How far reclaim could get usage down, predicted just before this write of our own. False: unknown. */
bool changing__floor(const struct changing *changing, const struct record_limit *limit,
		     uint64_t *floor_bytes);

/* Ends the steps, in the middle of a write if need be. */
void changing__stop(struct changing *changing);

/* Puts the limit back. Returns what became of it, in words (which may be in `text`); NULL: nothing. */
const char *changing__put_back(struct changing *changing, char text[CHANGING__WORDS_SIZE]);

/* The same, without words for a record, where that hasn't been done. */
void changing__free(struct changing *changing);

#endif
