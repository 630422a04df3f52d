// SPDX-License-Identifier: GPL-2.0-only
#include "base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static size_t distance(const char *a, const char *b)
{
	return nearest__distance(a, strlen(a), b, strlen(b));
}

static void test_distance(void **state)
{
	char longer[NEAREST__NAME_MAX + 2];

	(void)state;
	assert_int_equal(distance("report", "report"), 0);
	assert_int_equal(distance("", "web"), 3);
	assert_int_equal(distance("reprot", "report"), 1);
	assert_int_equal(distance("alvie", "alive"), 1);
	assert_int_equal(distance("ab", "ba"), 1);
	assert_int_equal(distance("abc", "ca"), 3); /* what was swapped stays */
	assert_int_equal(distance("repot", "report"), 1);
	assert_int_equal(distance("reports", "report"), 1);
	assert_int_equal(distance("kitten", "sitting"), 3);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_true(distance(longer, "web") == SIZE_MAX);
	assert_true(distance("web", longer) == SIZE_MAX);
	longer[NEAREST__NAME_MAX] = '\0';
	assert_int_equal(distance(longer, ""), NEAREST__NAME_MAX);
}

static void test_limit(void **state)
{
	(void)state;
	/* One slip in a short name, and more in a long one. */
	assert_true(distance("wbe", "web") < nearest__limit(3));
	assert_true(distance("bwe", "web") >= nearest__limit(3));
	assert_true(distance("wed", "web") < nearest__limit(3));
	assert_true(distance("reprot", "report") < nearest__limit(6));
	assert_true(distance("cgorup", "report") >= nearest__limit(6));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_distance), cmocka_unit_test(test_limit) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
