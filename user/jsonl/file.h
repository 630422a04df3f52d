/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --record: JSON Lines in a file. Written line by line, so that what there is of it can be read
 * after a crash; when it can't be written any more, that is said, and tracing goes on without it.
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
