/* SPDX-License-Identifier: GPL-2.0-only */
/* Adds members to JSON objects. value.h is the opposite. An object takes over what is added to it. */
#ifndef OOMTRACE_JSONL_MEMBER_H
#define OOMTRACE_JSONL_MEMBER_H

#include <json-c/json.h>

#include "record/record.h"

void member__add(struct json_object *o, const char *key, struct json_object *value);
void member__number(struct json_object *o, const char *key, uint64_t value);
void member__signed(struct json_object *o, const char *key, int64_t value);
void member__flag(struct json_object *o, const char *key, bool value);

/* A limit in bytes, as the kernel's file has it: RECORD_NO_LIMIT is "max". */
void member__limit(struct json_object *o, const char *key, uint64_t bytes);

/* Text, made valid UTF-8. Text that is unknown (NULL) is left out. */
void member__text(struct json_object *o, const char *key, const char *text);

/* A container; nothing when the runtime is CONTAINER__UNKNOWN. */
void member__container(struct json_object *o, const char *key, const struct record_container *c);

/* A string, made valid UTF-8; NULL without memory. */
struct json_object *member__new_text(const char *bytes, size_t len);

#endif
