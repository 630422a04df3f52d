/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON as write.c writes it, for those who write other JSON. */
#ifndef OOMTRACE_SINK_JSON_H
#define OOMTRACE_SINK_JSON_H

#include <json-c/json.h>
#include <stdio.h>

/* A line, without bytes that a terminal obeys. */
void jsonl_write__put(FILE *out, struct json_object *o);

#endif
