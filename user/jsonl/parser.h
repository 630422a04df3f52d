/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns a line of a recording, parsed as JSON, into the record that write.c wrote it from. Nothing in
 * the line is trusted: a line that breaks docs/schema.md is no record.
 */
#ifndef OOMTRACE_RECORD_PARSE_H
#define OOMTRACE_RECORD_PARSE_H

#include <json-c/json.h>

#include "record/sink.h"

struct jsonl_parser;

struct jsonl_parser *jsonl_parser__new(void);
void jsonl_parser__free(struct jsonl_parser *parser);

/*
 * Hands the record to the sink. The record's strings and arrays live as long as the call. Returns 0,
 * -ENOENT (its type is unknown), -EINVAL (it isn't a record of its type) or -ENOMEM. *sink_error is what
 * the sink returned, and stays as it is when the sink wasn't called.
 */
int jsonl_parser__deliver(struct jsonl_parser *parser, struct json_object *o, struct sink *sink,
			  int *sink_error);

#endif
