/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of type "snapshot", and what an OOM has of the last one. */
#ifndef OOMTRACE_SNAPSHOT_JSON_H
#define OOMTRACE_SNAPSHOT_JSON_H

#include "jsonl/value.h"

void snapshot_json__write(struct json_object *o, const struct record *record);
void snapshot_json__parse(struct jsonl_parser *p, struct json_object *o, struct record *record);

/* The member "before"; nothing, and NULL, without one. */
void snapshot_json__write_before(struct json_object *o, const struct record_before *before);
const struct record_before *snapshot_json__parse_before(struct jsonl_parser *p, struct json_object *o);

#endif
