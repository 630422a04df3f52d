/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom the OOM killer might have killed, as a member of JSON objects and out of them. */
#ifndef OOMTRACE_CANDIDATES_JSON_H
#define OOMTRACE_CANDIDATES_JSON_H

#include "jsonl/value.h"

/* Adds the member "candidates"; nothing for NULL. */
void candidates_json__write(struct json_object *o, const struct record_candidates *candidates);

/* NULL: there is no such member. `from_log`: sizes must be there. */
const struct record_candidates *candidates_json__parse(struct jsonl_parser *p, struct json_object *o,
						       bool from_log);

#endif
