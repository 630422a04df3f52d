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

/* A command line, NUL-separated, as an array of its arguments. */
void write_parts__cmdline(struct json_object *o, const char *cmdline, size_t len);

void write_parts__kinds(struct json_object *o, const struct record_memory_kinds *kinds);
void write_parts__reclaim_sum(struct json_object *o, const struct record_reclaim_sum *sum);

/* write_oom.c: a record of type "oom". */
void write_oom__record(struct json_object *o, const struct record *record);

/* write_signal.c: a record of type "sigkill", and who sent it; `key` in another record. */
void write_signal__record(struct json_object *o, const struct record *record);
void write_signal__killer(struct json_object *o, const char *key, const struct record_killer *killer);

/* What asked to end; nothing if there was none. */
void write_signal__stop(struct json_object *o, const struct record_stop *s);

#endif
