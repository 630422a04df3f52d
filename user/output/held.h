/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds text back until a part of it is known. Finding the names of a stack takes a while, and the line
 * with these names stands in the block of its OOM. Text after such a block waits too, so the order stays.
 * The records' times decide how long text waits, so the report of a recording prints the same text.
 */
#ifndef OOMTRACE_HELD_H
#define OOMTRACE_HELD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct held;

/* Text goes to `out`, which isn't owned. NULL: no memory. */
struct held *held__new(FILE *out);

/* Drops what waits. */
void held__free(struct held *held);

/* A stream to write to; it is closed by held__free(). Errors of `out` show when it is flushed. */
FILE *held__out(struct held *held);

/*
 * What has been written ends with a block that waits for the line of this OOM. When too many wait,
 * the oldest goes without. Returns 0 or a negative errno.
 */
int held__wait(struct held *held, uint64_t oom_id, int64_t wall_ns);

/* Ends the block of this OOM with a line, if that waits still: else false. */
bool held__answer(struct held *held, uint64_t oom_id, const char *line);

/* A record of this time has come: what has waited for some seconds by that goes without. */
int held__pass(struct held *held, int64_t wall_ns);

/* Called some times a second, also when no record comes: nothing waits for more than some seconds. */
int held__sync(struct held *held);

/* Nothing waits any more. */
int held__release(struct held *held);

#endif
