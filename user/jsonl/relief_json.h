/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of type "relief", as JSON objects and out of them. */
#ifndef OOMTRACE_RELIEF_JSON_H
#define OOMTRACE_RELIEF_JSON_H

#include "jsonl/value.h"

void relief_json__write(struct json_object *o, const struct record *record);
void relief_json__parse(struct jsonl_parser *p, struct json_object *o, struct record *record);

#endif
