/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the writer share: one record in, one line out. */
#ifndef WRITING_H
#define WRITING_H

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "jsonl/write.h"
#include "take.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TIME                                                          \
	{                                                             \
		.boot_ns = 5000000001, .wall_ns = 1700000000123456789 \
	}
#define TIME_JSON "\"ts_ns\":5000000001,\"time\":\"2023-11-14T22:13:20.123456Z\""
#define REPLACEMENT "\xef\xbf\xbd"

struct output {
	struct sink *sink;
	FILE *out;
	char *text;
	size_t size;
};

static inline struct output start(void)
{
	struct output o = {};

	return o;
}

/* The stream writes to o->text: the struct must stay where it is. */
static inline struct sink *open_sink(struct output *o)
{
	o->out = open_memstream(&o->text, &o->size);
	assert_non_null(o->out);
	o->sink = jsonl_write__new(o->out);
	assert_non_null(o->sink);
	return o->sink;
}

static inline void stop(struct output *o)
{
	o->sink->ops->free(o->sink);
	fclose(o->out);
	free(o->text);
}

/* What was written: exactly one line, without bytes that could end or hide it, strictly JSON. */
static inline struct json_object *parse_line(const struct output *o)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *parsed;

	assert_true(o->size > 1);
	assert_int_equal(strlen(o->text), o->size);
	assert_ptr_equal(strchr(o->text, '\n'), o->text + o->size - 1);
	for (size_t i = 0; i < o->size - 1; i++)
		assert_true((unsigned char)o->text[i] >= 0x20);
	/* The C library's word on UTF-8, and strictness up to 0.17 only: 0.18 takes U+FFFD for a control. */
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_true(mbstowcs(NULL, o->text, 0) != (size_t)-1);
	if (json_c_version_num() < (18 << 8))
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	parsed = json_tokener_parse_ex(tokener, o->text, (int)o->size - 1);
	assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	json_tokener_free(tokener);
	return parsed;
}

/* The record written is this one: these fields with these values, and no other. */
static inline void assert_record(struct output *o, int err, const char *expected)
{
	struct json_object *wanted = json_tokener_parse(expected);
	struct json_object *written = parse_line(o);

	assert_int_equal(err, 0);
	assert_non_null(wanted);
	if (!json_object_equal(wanted, written))
		assert_string_equal(o->text, expected);
	json_object_put(wanted);
	json_object_put(written);
	stop(o);
}

static inline struct record_container docker(const char *name)
{
	struct record_container c = { .ref = { .runtime = CONTAINER__DOCKER }, .name = name };

	strcpy(c.ref.id, ID);
	return c;
}

#endif
