/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of type "near-limit" and "hook", as JSON objects and out of them. */
#ifndef OOMTRACE_HOOK_JSON_H
#define OOMTRACE_HOOK_JSON_H

#include "jsonl/value.h"

void hook_json__write_near_limit(struct json_object *o, const struct record *record);
void hook_json__parse_near_limit(struct jsonl_parser *p, struct json_object *o, struct record *record);

void hook_json__write(struct json_object *o, const struct record *record);
void hook_json__parse(struct jsonl_parser *p, struct json_object *o, struct record *record);

#endif
