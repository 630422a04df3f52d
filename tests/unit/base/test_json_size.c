// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_size.h"

static bool is_bounded(const char *text)
{
	return json_size__is_bounded(text, strlen(text), 4, 6);
}

static void test_objects(void **state)
{
	(void)state;
	assert_true(is_bounded("[{},{\"a\":1},{}]"));
	assert_false(is_bounded("[{},{\"a\":1},{},[]]"));
	assert_false(is_bounded("[[[[["));
}

static void test_values(void **state)
{
	(void)state;
	assert_true(is_bounded("[1,2,3,4,5,6,7]"));
	assert_false(is_bounded("[1,2,3,4,5,6,7,8]"));
}

/* What stands in a string costs nothing. */
static void test_strings(void **state)
{
	(void)state;
	assert_true(is_bounded("[\"{{{{{{{{,,,,,,,,,,\",\"\\\"[[[[[[[[\"]"));
	assert_false(is_bounded("[\"\\\\\",1,2,3,4,5,6,7,8]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
