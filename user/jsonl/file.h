/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --record: JSON Lines in a file. The file is written line by line, so it can be read after a crash. When
 * writing fails, the caller hears of it once, and the trace goes on without the file.
 */
#ifndef OOMTRACE_SINK_FILE_H
#define OOMTRACE_SINK_FILE_H

#include "base/output_file.h"
#include "record/sink.h"

#define JSONL_FILE__WHY_SIZE OUTPUT_FILE__WHY_SIZE

/* Nothing more is written to the file, because of err; -ESTALE: its name has become another file's. */
typedef void (*jsonl_file__on_stop)(const char *path, int err);

struct jsonl_file_options {
	uint64_t max_bytes; /* at which another file is begun; 0: never */
	/*
	 * The path's last name has a date in it (dated_name.h): another file is begun when that changes, the newest so
	 * many are kept, and records of usage, reclaim and stacks are left out. 0: it is a name.
	 */
	uint32_t keep_files;
	int64_t now_ns; /* the wall clock: for the first name */
};

/*
 * Creates the file, which must not be there or be empty. A file that has grown to max_bytes is renamed to PATH.1, in
 * place of the one before, and another is begun. With keep_files the next has another name, and none is renamed. Both
 * take no privileges. When the file can't be created, returns NULL, and `why` is the rest of a sentence that begins with
 * the path.
 */
struct sink *jsonl_file__new(const char *path, const struct jsonl_file_options *options,
			     jsonl_file__on_stop on_stop, char *why, size_t size);

/* Whether the recording has a gap or has ended before its time. */
bool jsonl_file__failed(const struct sink *sink);

#endif
