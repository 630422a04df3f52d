// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/memory_kinds.h"

#define KERNEL(bytes)                                       \
	{                                                   \
		.kernel_bytes = (bytes), .has_kernel = true \
	}
#define SOCK(bytes)                                     \
	{                                               \
		.sock_bytes = (bytes), .has_sock = true \
	}

static bool growth(const struct record_point *points, size_t count, struct kinds_growth *out)
{
	const struct record_history history = { .points = points, .count = count };

	return memory_kinds__growth(&history, out);
}

/* From the first point that has it to the last, whatever comes between. */
static void from_the_first_to_the_last(void **state)
{
	const struct record_point points[] = {
		{ .usage_bytes = 500 },
		{ .usage_bytes = 500, .kinds = KERNEL(100) },
		{ .usage_bytes = 500, .kinds = SOCK(300) },
		{ .usage_bytes = 900, .kinds = KERNEL(900) },
		{ .usage_bytes = 1600, .kinds = KERNEL(400) },
	};
	struct kinds_growth g;

	(void)state;
	assert_true(growth(points, 5, &g));
	assert_true(g.kernel);
	assert_true(g.kernel_from == 100 && g.kernel_to == 400);
	/* It is known at one point: there is no growth to tell of. */
	assert_false(g.sock);
	assert_true(g.sock_from == 300 && g.sock_to == 300);
}

/* What changed by no more than a sixteenth of the usage explains nothing. It may have shrunk. */
static void worth_telling(void **state)
{
	struct record_point points[] = {
		{ .usage_bytes = 1600, .kinds = SOCK(200) },
		{ .usage_bytes = 1600, .kinds = SOCK(300) },
	};
	struct kinds_growth g;

	(void)state;
	assert_false(growth(points, 2, &g));
	points[1].kinds.sock_bytes = 301;
	assert_true(growth(points, 2, &g));
	assert_true(g.sock && !g.kernel);
	points[1].kinds.sock_bytes = 99;
	assert_true(growth(points, 2, &g));
	points[1].kinds.sock_bytes = 100;
	assert_false(growth(points, 2, &g));
}

static void nothing_known(void **state)
{
	const struct record_point points[] = { { .usage_bytes = 1 } };
	struct kinds_growth g = { .kernel_to = 42 };

	(void)state;
	assert_false(growth(points, 0, &g));
	assert_true(g.kernel_to == 42);
	assert_false(growth(points, 1, &g));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_the_first_to_the_last),
		cmocka_unit_test(worth_telling),
		cmocka_unit_test(nothing_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
