// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/value.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"

struct value_array {
	struct value_array *next;
	max_align_t bytes[];
};

void value__fail(struct jsonl_parser *p, int error)
{
	if (!p->error)
		p->error = error;
}

void *value__new_array(struct jsonl_parser *p, size_t count, size_t size)
{
	struct value_array *block = NULL;
	size_t bytes;

	if (!count)
		return NULL;
	if (!__builtin_mul_overflow(count, size, &bytes) &&
	    !__builtin_add_overflow(bytes, sizeof(*block), &bytes))
		block = calloc(1, bytes);
	if (!block) {
		value__fail(p, -ENOMEM);
		return NULL;
	}
	block->next = p->arrays;
	p->arrays = block;
	return block->bytes;
}

void value__free_arrays(struct jsonl_parser *p)
{
	while (p->arrays) {
		struct value_array *next = p->arrays->next;

		free(p->arrays);
		p->arrays = next;
	}
}

/* The value of a key, if it is there, isn't null and is of this type. */
static struct json_object *value__find(struct jsonl_parser *p, struct json_object *o, const char *key,
				       enum json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, key, &value) || !value)
		return NULL;
	if (json_object_get_type(value) != type) {
		value__fail(p, -EINVAL);
		return NULL;
	}
	return value;
}

uint64_t value__unsigned(struct jsonl_parser *p, struct json_object *value)
{
	if (json_object_get_int64(value) < 0) {
		value__fail(p, -EINVAL);
		return 0;
	}
	return json_object_get_uint64(value);
}

bool value__has_number(struct jsonl_parser *p, struct json_object *o, const char *key, uint64_t *out)
{
	struct json_object *value = value__find(p, o, key, json_type_int);

	if (!value)
		return false;
	*out = value__unsigned(p, value);
	return true;
}

uint64_t value__optional(struct jsonl_parser *p, struct json_object *o, const char *key)
{
	uint64_t value = 0;

	value__has_number(p, o, key, &value);
	return value;
}

uint64_t value__number(struct jsonl_parser *p, struct json_object *o, const char *key)
{
	uint64_t value = 0;

	if (!value__has_number(p, o, key, &value))
		value__fail(p, -EINVAL);
	return value;
}

uint32_t value__number32(struct jsonl_parser *p, struct json_object *o, const char *key)
{
	uint64_t value = value__number(p, o, key);

	if (value > UINT32_MAX)
		value__fail(p, -EINVAL);
	return (uint32_t)value;
}

uint32_t value__optional32(struct jsonl_parser *p, struct json_object *o, const char *key)
{
	uint64_t value = value__optional(p, o, key);

	if (value > UINT32_MAX)
		value__fail(p, -EINVAL);
	return (uint32_t)value;
}

bool value__has_signed(struct jsonl_parser *p, struct json_object *o, const char *key, int64_t *out)
{
	struct json_object *value = value__find(p, o, key, json_type_int);

	if (!value)
		return false;
	if (json_object_get_uint64(value) > INT64_MAX)
		value__fail(p, -EINVAL);
	*out = json_object_get_int64(value);
	return true;
}

int64_t value__signed(struct jsonl_parser *p, struct json_object *o, const char *key)
{
	int64_t value = 0;

	if (!value__has_signed(p, o, key, &value))
		value__fail(p, -EINVAL);
	return value;
}

int value__signed32(struct jsonl_parser *p, struct json_object *o, const char *key)
{
	int64_t value = value__signed(p, o, key);

	if (value < INT32_MIN || value > INT32_MAX) {
		value__fail(p, -EINVAL);
		return 0;
	}
	return (int)value;
}

bool value__flag(struct jsonl_parser *p, struct json_object *o, const char *key)
{
	struct json_object *value = value__find(p, o, key, json_type_boolean);

	return value && json_object_get_boolean(value);
}

const char *value__text(struct jsonl_parser *p, struct json_object *o, const char *key)
{
	struct json_object *value = value__find(p, o, key, json_type_string);
	size_t len = VALUE__TEXT_MAX;
	const char *text;

	if (!value)
		return NULL;
	text = json_object_get_string(value);
	if (strnlen(text, VALUE__TEXT_MAX + 1) <= VALUE__TEXT_MAX)
		return text;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--; /* not in the middle of a character */
	return json_object_set_string_len(value, text, (int)len) ? json_object_get_string(value) : NULL;
}

uint64_t value__as_limit(struct jsonl_parser *p, struct json_object *value)
{
	uint64_t bytes;

	if (json_object_is_type(value, json_type_string) && !strcmp(json_object_get_string(value), "max"))
		return RECORD_NO_LIMIT;
	if (!json_object_is_type(value, json_type_int)) {
		value__fail(p, -EINVAL);
		return 0;
	}
	bytes = value__unsigned(p, value);
	if (bytes == RECORD_NO_LIMIT)
		value__fail(p, -EINVAL); /* or what the library makes of all that is larger */
	return bytes;
}

bool value__has_limit(struct jsonl_parser *p, struct json_object *o, const char *key, uint64_t *out)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, key, &value) || !value)
		return false;
	*out = value__as_limit(p, value);
	return true;
}

uint64_t value__limit(struct jsonl_parser *p, struct json_object *o, const char *key)
{
	uint64_t bytes = 0;

	if (!value__has_limit(p, o, key, &bytes))
		value__fail(p, -EINVAL);
	return bytes;
}

struct json_object *value__object(struct jsonl_parser *p, struct json_object *o, const char *key)
{
	return value__find(p, o, key, json_type_object);
}

size_t value__array(struct jsonl_parser *p, struct json_object *o, const char *key, struct json_object **out)
{
	*out = value__find(p, o, key, json_type_array);
	return *out ? json_object_array_length(*out) : 0;
}

struct json_object *value__element(struct jsonl_parser *p, struct json_object *list, size_t i)
{
	struct json_object *value = json_object_array_get_idx(list, i);

	if (json_object_is_type(value, json_type_object))
		return value;
	value__fail(p, -EINVAL);
	return NULL;
}
