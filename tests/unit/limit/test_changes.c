// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "limit/changes.h"

#define MIB (1024ULL * 1024)

static void test_where_a_ramp_begins(void **state)
{
	struct ramp now, from;
	uint64_t first;

	(void)state;
	assert_int_equal(ramp__parse("now:20M:-10M@1s", &now), 0);
	assert_int_equal(ramp__parse("64M:20M:-10M@1s", &from), 0);
	assert_int_equal(changes__ramp_from(&from, 512 * MIB, 100 * MIB), 64 * MIB);
	assert_int_equal(changes__ramp_from(&now, 512 * MIB, 100 * MIB), 512 * MIB);
	/* Without a limit: a ramp that came down from "max" would take a thousand years. */
	first = changes__ramp_from(&now, UINT64_MAX, 100 * MIB);
	assert_int_equal(first, 100 * MIB);
	assert_true(ramp__next(&now, first, &first));
	assert_int_equal(first, 90 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_where_a_ramp_begins) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
