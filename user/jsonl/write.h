/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints JSON in the way of write.c, for files that print other JSON. */
#ifndef OOMTRACE_SINK_JSON_H
#define OOMTRACE_SINK_JSON_H

#include <json-c/json.h>
#include <stdio.h>

/* Writes one line, in which control bytes are escaped, so that a terminal obeys none of them. */
void jsonl_write__put(FILE *out, struct json_object *o);

#endif
