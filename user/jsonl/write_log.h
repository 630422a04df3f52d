/* SPDX-License-Identifier: GPL-2.0-only */
/* What only a kernel log says, as members of JSON objects. */
#ifndef OOMTRACE_JSONL_WRITE_LOG_H
#define OOMTRACE_JSONL_WRITE_LOG_H

#include <json-c/json.h>

#include "record/record.h"

void write_log__limit(struct json_object *o, const struct record_log *log);
void write_log__trigger(struct json_object *o, const struct record_oom *oom);
void write_log__members(struct json_object *o, const struct record_log *log);
/* Nothing for NULL. */
void write_log__machine(struct json_object *o, const struct record_machine *machine);
void write_log__user_kill(struct json_object *o, const struct record *record);
void write_log__kernel_log(struct json_object *o, const struct record *record);
struct json_object *write_log__new_differences(const struct record_difference *differences, size_t count);

#endif
