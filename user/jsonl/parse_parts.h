/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts of records that parse.c and parse_oom.c share. As in value.h, a wrong value fails the record that is
 * being parsed.
 */
#ifndef OOMTRACE_RECORD_PART_H
#define OOMTRACE_RECORD_PART_H

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "jsonl/value.h"
#include "record/sink.h"

/* Which of the names that `name_of` gives to first..last it is; fails if none. */
#define DEFINE_NAMED(function, type, name_of, first, last)             \
	static type function(struct jsonl_parser *p, const char *name) \
	{                                                              \
		for (int i = (first); name && i <= (int)(last); i++) { \
			if (!strcmp(name, name_of((type)i)))           \
				return (type)i;                        \
		}                                                      \
		value__fail(p, -EINVAL);                               \
		return (type)(first);                                  \
	}

struct record_time parse_parts__time(struct jsonl_parser *p, struct json_object *o);

struct record_container parse_parts__container(struct jsonl_parser *p, struct json_object *o);

/* Sets how much of a cgroup's path is the container's own, if the path names it. */
void parse_parts__find_prefix(struct container_ref *ref, const char *path);

/* `from_log`: id, high, peak and oom_group aren't told. */
void parse_parts__level(struct jsonl_parser *p, struct json_object *o, bool from_log, struct record_level *l);

/* From the leaf to the root; NULL and 0 when it is missing. */
const struct record_level *parse_parts__chain(struct jsonl_parser *p, struct json_object *o, size_t *count);

void parse_parts__reclaim_sum(struct jsonl_parser *p, struct json_object *o, struct record_reclaim_sum *sum);

struct record_memory_kinds parse_parts__kinds(struct jsonl_parser *p, struct json_object *o);

/* The arguments of a command line, NUL-separated; NULL and 0 when it is missing. */
const char *parse_parts__cmdline(struct jsonl_parser *p, struct json_object *o, size_t *len);

/* parse_oom.c: a record of type "oom". */
void parse_oom__record(struct jsonl_parser *p, struct json_object *o, struct record *record);

/* parse_signal.c: a record of type "sigkill", and who sent it; NULL when an object has no such key. */
void parse_signal__record(struct jsonl_parser *p, struct json_object *o, struct record *record);
const struct record_killer *parse_signal__killer(struct jsonl_parser *p, struct json_object *o,
						 const char *key);

/* What asked to end; *s stays as it is if there was none. */
void parse_signal__stop(struct jsonl_parser *p, struct json_object *o, struct record_stop *s);

#endif
