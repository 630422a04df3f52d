/* SPDX-License-Identifier: GPL-2.0-only */
/* `children` of an OOM's record as JSON: what shares the limit. */
#ifndef OOMTRACE_CHILDREN_JSON_H
#define OOMTRACE_CHILDREN_JSON_H

#include "jsonl/value.h"

/* Adds them to the object of an OOM, if they are known. */
void children_json__write(struct json_object *o, const struct record_children *children);

/* What the object of an OOM has of them; NULL: nothing. */
const struct record_children *children_json__parse(struct jsonl_parser *p, struct json_object *o);

#endif
