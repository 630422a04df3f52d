/* SPDX-License-Identifier: GPL-2.0-only */
/* What only a kernel log says, out of JSON objects. */
#ifndef OOMTRACE_JSONL_PARSE_LOG_H
#define OOMTRACE_JSONL_PARSE_LOG_H

#include "jsonl/value.h"

/* NULL: the record isn't from a log. */
struct record_log *parse_log__members(struct jsonl_parser *p, struct json_object *o);

void parse_log__trigger(struct jsonl_parser *p, struct json_object *o, struct record_oom *oom,
			struct record_log *log);
void parse_log__limit(struct jsonl_parser *p, struct json_object *o, struct record_log *log);
/* NULL: there is none. */
const struct record_machine *parse_log__machine(struct jsonl_parser *p, struct json_object *o);
void parse_log__user_kill(struct jsonl_parser *p, struct json_object *o, struct record *record);
void parse_log__kernel_log(struct jsonl_parser *p, struct json_object *o, struct record *record);

#endif
