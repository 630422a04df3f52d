/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --record: JSON Lines in a file. The file is written line by line, so it can be read after a crash. When
 * writing fails, oomtrace says so and goes on tracing without the file.
 */
#ifndef OOMTRACE_SINK_FILE_H
#define OOMTRACE_SINK_FILE_H

#include "record/sink.h"

/*
 * Creates the file, which must not be there or be empty. With max_bytes, a file that has grown to
 * that is renamed to PATH.1, in place of the one before, and another is begun; that is done without
 * privileges. Returns NULL when it can't, which is said.
 */
struct sink *jsonl_file__new(const char *path, uint64_t max_bytes);

/* Whether the recording has a gap or has ended before its time. */
bool jsonl_file__failed(const struct sink *sink);

#endif
