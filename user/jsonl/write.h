/* SPDX-License-Identifier: GPL-2.0-only */
/* Records as JSON Lines, and JSON as they have it for those who write other JSON. */
#ifndef OOMTRACE_JSONL_WRITE_H
#define OOMTRACE_JSONL_WRITE_H

#include <json-c/json.h>

#include "record/sink.h"

/* Writes one line, in which control bytes are escaped, so that a terminal obeys none of them. */
void jsonl_write__put(FILE *out, struct json_object *o);

/* A sink that writes to `out`, each record at once, or when somebody else flushes. NULL without memory. */
struct sink *jsonl_write__new(FILE *out);
struct sink *jsonl_write__new_buffered(FILE *out);

#endif
