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

/*
 * Creates the file, which must not be there or be empty. With max_bytes, a file that has grown to max_bytes is
 * renamed to PATH.1, in place of the one before, and another is begun; that takes no privileges. When the file
 * can't be created, returns NULL, and `why` is the rest of a sentence that begins with the path.
 */
struct sink *jsonl_file__new(const char *path, uint64_t max_bytes, jsonl_file__on_stop on_stop, char *why,
			     size_t size);

/* Whether the recording has a gap or has ended before its time. */
bool jsonl_file__failed(const struct sink *sink);

#endif
