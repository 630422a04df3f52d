/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a line of a recording, parsed as JSON, back to the record that sink_json.c wrote it from.
 * Nothing in it is trusted: what isn't what docs/schema.md says is no record.
 */
#ifndef OOMTRACE_RECORD_PARSE_H
#define OOMTRACE_RECORD_PARSE_H

#include <json-c/json.h>

#include "record/sink.h"

struct jsonl_parser;

struct jsonl_parser *jsonl_parser__new(void);
void jsonl_parser__free(struct jsonl_parser *parser);

/*
 * Hands the record to the sink; what it refers to lives as long as the call.
 * Returns 0; -ENOENT: of a type that we don't know; -EINVAL: not a record of its type; -ENOMEM. What
 * the sink returned is in *sink_error, which is left alone when it wasn't called.
 */
int jsonl_parser__deliver(struct jsonl_parser *parser, struct json_object *o, struct sink *sink,
			  int *sink_error);

#endif
