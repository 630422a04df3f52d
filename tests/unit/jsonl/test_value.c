// SPDX-License-Identifier: GPL-2.0-only
/* Values of JSON that somebody else made: each is of its type and in its range, or fails the record. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"
#include "jsonl/value.h"

static struct jsonl_parser parser;
static struct json_object *object;

/* An object with this as the value of "k". */
static void parse(const char *value)
{
	char text[256];

	snprintf(text, sizeof(text), "{\"k\":%s}", value);
	json_object_put(object);
	object = json_tokener_parse(text);
	assert_non_null(object);
	parser.error = 0;
}

static int clean_up(void **state)
{
	(void)state;
	json_object_put(object);
	object = NULL;
	value__free_arrays(&parser);
	return 0;
}

static void numbers(void **state)
{
	uint64_t number = 5;

	(void)state;
	parse("18446744073709551615");
	assert_true(value__number(&parser, object, "k") == UINT64_MAX);
	parse("0");
	assert_true(value__has_number(&parser, object, "k", &number));
	assert_true(number == 0);
	parse("4294967295");
	assert_int_equal(value__number32(&parser, object, "k"), UINT32_MAX);
	assert_int_equal(parser.error, 0);
}

static void numbers_that_are_none(void **state)
{
	static const char *const texts[] = { "-1", "1.5", "\"1\"", "true", "[]", "{}", "1e3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		parse(texts[i]);
		value__number(&parser, object, "k");
		if (parser.error != -EINVAL)
			fail_msg("%s: %d", texts[i], parser.error);
		parse(texts[i]);
		value__optional(&parser, object, "k");
		assert_int_equal(parser.error, -EINVAL);
	}
	parse("4294967296");
	value__number32(&parser, object, "k");
	assert_int_equal(parser.error, -EINVAL);
	parse("4294967296");
	value__optional32(&parser, object, "k");
	assert_int_equal(parser.error, -EINVAL);
}

/* Unknown is absent or null; where 0 would be an answer, absence fails. */
static void what_is_missing(void **state)
{
	uint64_t number = 5;

	(void)state;
	parse("null");
	assert_true(value__optional(&parser, object, "k") == 0);
	assert_true(value__optional(&parser, object, "other") == 0);
	assert_false(value__has_number(&parser, object, "k", &number));
	assert_true(number == 5);
	assert_null(value__text(&parser, object, "k"));
	assert_false(value__flag(&parser, object, "k"));
	assert_null(value__object(&parser, object, "k"));
	assert_int_equal(parser.error, 0);
	value__number(&parser, object, "other");
	assert_int_equal(parser.error, -EINVAL);
}

static void signed_numbers(void **state)
{
	int64_t number = 5;

	(void)state;
	parse("-9223372036854775808");
	assert_true(value__has_signed(&parser, object, "k", &number));
	assert_true(number == INT64_MIN);
	parse("-2147483648");
	assert_int_equal(value__signed32(&parser, object, "k"), INT32_MIN);
	assert_int_equal(parser.error, 0);
	parse("9223372036854775808");
	value__signed(&parser, object, "k");
	assert_int_equal(parser.error, -EINVAL);
	parse("-2147483649");
	assert_int_equal(value__signed32(&parser, object, "k"), 0);
	assert_int_equal(parser.error, -EINVAL);
}

static void limits(void **state)
{
	uint64_t bytes = 5;

	(void)state;
	parse("\"max\"");
	assert_true(value__limit(&parser, object, "k") == RECORD_NO_LIMIT);
	parse("4096");
	assert_true(value__has_limit(&parser, object, "k", &bytes));
	assert_true(bytes == 4096);
	assert_int_equal(parser.error, 0);
	parse("\"4096\"");
	value__limit(&parser, object, "k");
	assert_int_equal(parser.error, -EINVAL);
	parse("-1");
	value__limit(&parser, object, "k");
	assert_int_equal(parser.error, -EINVAL);
}

static void other_types(void **state)
{
	struct json_object *list = NULL;

	(void)state;
	parse("[{\"a\":1},2]");
	assert_int_equal(value__array(&parser, object, "k", &list), 2);
	assert_non_null(value__element(&parser, list, 0));
	assert_int_equal(parser.error, 0);
	assert_null(value__element(&parser, list, 1));
	assert_int_equal(parser.error, -EINVAL);
	parse("{}");
	assert_int_equal(value__array(&parser, object, "k", &list), 0);
	assert_int_equal(parser.error, -EINVAL);
	parse("1");
	assert_false(value__flag(&parser, object, "k"));
	assert_int_equal(parser.error, -EINVAL);
	parse("7");
	assert_null(value__text(&parser, object, "k"));
	assert_int_equal(parser.error, -EINVAL);
}

/* The first error counts: it is the one that says what is wrong with the line. */
static void the_first_error(void **state)
{
	(void)state;
	parse("1");
	value__fail(&parser, -ENOMEM);
	value__fail(&parser, -EINVAL);
	assert_int_equal(parser.error, -ENOMEM);
}

static void arrays(void **state)
{
	uint64_t *numbers;

	(void)state;
	parser.error = 0;
	assert_null(value__new_array(&parser, 0, 8));
	assert_int_equal(parser.error, 0);
	numbers = value__new_array(&parser, 3, sizeof(*numbers));
	assert_non_null(numbers);
	assert_true(numbers[0] == 0 && numbers[2] == 0);
	/* What would overflow is memory that there isn't. */
	assert_null(value__new_array(&parser, SIZE_MAX / 8 + 1, 8));
	assert_int_equal(parser.error, -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(numbers, clean_up),
		cmocka_unit_test_teardown(numbers_that_are_none, clean_up),
		cmocka_unit_test_teardown(what_is_missing, clean_up),
		cmocka_unit_test_teardown(signed_numbers, clean_up),
		cmocka_unit_test_teardown(limits, clean_up),
		cmocka_unit_test_teardown(other_types, clean_up),
		cmocka_unit_test_teardown(the_first_error, clean_up),
		cmocka_unit_test_teardown(arrays, clean_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
