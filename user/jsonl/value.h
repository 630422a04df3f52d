/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes typed values out of a JSON object that somebody else may have made. A value of another type, or out
 * of range, fails the record that is being parsed (value__fail). A key with the value null counts as missing.
 * For parse.c.
 */
#ifndef OOMTRACE_RECORD_VALUE_H
#define OOMTRACE_RECORD_VALUE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

struct value_array;

struct jsonl_parser {
	int error;		    /* the first thing that is wrong with this record; 0: nothing */
	struct value_array *arrays; /* what this record refers to */
	bool in_log;		    /* the last session is a kernel log's */
	int64_t wall_offset_ns;	    /* of the last session: for records that have no `time` */
};

void value__fail(struct jsonl_parser *p, int error);

/* Zeroed memory for an array; NULL for none, and when there is no memory. */
void *value__new_array(struct jsonl_parser *p, size_t count, size_t size);

void value__free_arrays(struct jsonl_parser *p);

uint64_t value__unsigned(struct jsonl_parser *p, struct json_object *value);

bool value__has_number(struct jsonl_parser *p, struct json_object *o, const char *key, uint64_t *out);

/* A number that may be missing where 0 means that it is unknown. */
uint64_t value__optional(struct jsonl_parser *p, struct json_object *o, const char *key);

/* For the others: "unknown" must not become 0. */
uint64_t value__number(struct jsonl_parser *p, struct json_object *o, const char *key);

uint32_t value__number32(struct jsonl_parser *p, struct json_object *o, const char *key);

uint32_t value__optional32(struct jsonl_parser *p, struct json_object *o, const char *key);

bool value__has_signed(struct jsonl_parser *p, struct json_object *o, const char *key, int64_t *out);

int64_t value__signed(struct jsonl_parser *p, struct json_object *o, const char *key);

int value__signed32(struct jsonl_parser *p, struct json_object *o, const char *key);

bool value__flag(struct jsonl_parser *p, struct json_object *o, const char *key);

/* More of a text isn't kept: no name is longer, and what keeps names keeps each of them. */
#define VALUE__TEXT_MAX 4096

/* As C has strings: one with a NUL in it, which we never write, ends there. Cut to VALUE__TEXT_MAX bytes. */
const char *value__text(struct jsonl_parser *p, struct json_object *o, const char *key);

uint64_t value__as_limit(struct jsonl_parser *p, struct json_object *value);

bool value__has_limit(struct jsonl_parser *p, struct json_object *o, const char *key, uint64_t *out);

uint64_t value__limit(struct jsonl_parser *p, struct json_object *o, const char *key);

struct json_object *value__object(struct jsonl_parser *p, struct json_object *o, const char *key);

/* The elements of an array; none when it is missing. */
size_t value__array(struct jsonl_parser *p, struct json_object *o, const char *key, struct json_object **out);

/* An element that has to be an object; NULL, with the record failed, if it isn't. */
struct json_object *value__element(struct jsonl_parser *p, struct json_object *list, size_t i);

#endif
