/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads recordings, JSON Lines as write.c writes them, and hands a sink record after record. Lines that
 * can't be read are counted and skipped. Memory doesn't grow with the recording.
 */
#ifndef OOMTRACE_RECORDING_H
#define OOMTRACE_RECORDING_H

#include "base/input.h"
#include "record/sink.h"

#define RECORDING_LINE_MAX (10U << 20) /* bytes; longer lines are skipped */

struct jsonl_reader;

struct jsonl_reader_stats {
	uint64_t records;	  /* handed over */
	uint64_t malformed;	  /* lines that aren't JSON, or aren't what docs/schema.md says */
	uint64_t first_malformed; /* its line's number in its file */
	uint64_t too_long;	  /* lines */
	uint64_t unknown;	  /* records of types that we don't know */
	char unknown_type[32];	  /* the first of them */
	uint64_t samples;	  /* stacks with a weight: where memory was charged */
	uint64_t sessions, ends;  /* parts of the same session count once */
	uint64_t schema;	  /* the highest, when that is newer than ours; else 0 */
	bool cut;		  /* a file ended within a line that is no whole record */
};

/* NULL without memory. */
struct jsonl_reader *jsonl_reader__new(struct sink *sink);
void jsonl_reader__free(struct jsonl_reader *r);

/*
 * Reads a file to its end. You may read several files one after the other: parts of one session, or
 * several sessions. Returns 0 or a negative errno of reading. An error of the sink stops it too, and is in
 * jsonl_reader__sink_error.
 */
int jsonl_reader__read(struct jsonl_reader *r, int fd);
int jsonl_reader__read_input(struct jsonl_reader *r, struct input *input);
int jsonl_reader__sink_error(const struct jsonl_reader *r);

const struct jsonl_reader_stats *jsonl_reader__stats(const struct jsonl_reader *r);

#endif
