/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of records that write.c and write_oom.c share. */
#ifndef OOMTRACE_JSONL_WRITE_PARTS_H
#define OOMTRACE_JSONL_WRITE_PARTS_H

#include <json-c/json.h>

#include "record/record.h"

/* A cgroup, with its limits and usage as far as they are known. */
struct json_object *write_parts__new_level(const struct record_level *level);

/* From the leaf to the root. */
struct json_object *write_parts__new_chain(const struct record_level *levels, size_t count);

void write_parts__kinds(struct json_object *o, const struct record_memory_kinds *kinds);
void write_parts__reclaim_sum(struct json_object *o, const struct record_reclaim_sum *sum);

/* write_oom.c: a record of type "oom". */
void write_oom__record(struct json_object *o, const struct record *record);

#endif
