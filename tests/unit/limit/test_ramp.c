// SPDX-License-Identifier: GPL-2.0-only
/* The limits of a ramp, and how a user writes one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "limit/ramp.h"

#define MIB (1024ULL * 1024)

static void test_ramp(void **state)
{
	struct ramp down = { .to_bytes = 20, .step_bytes = 32 };
	struct ramp up = { .to_bytes = 100, .step_bytes = 64 };
	struct ramp percent = { .to_bytes = 50, .step_percent = 10 };
	uint64_t v = 84;

	(void)state;
	assert_true(ramp__next(&down, v, &v));
	assert_int_equal(v, 52);
	assert_true(ramp__next(&down, v, &v));
	assert_int_equal(v, 20);
	assert_false(ramp__next(&down, v, &v));
	v = 10;
	assert_true(ramp__next(&up, v, &v));
	assert_int_equal(v, 74);
	assert_true(ramp__next(&up, v, &v));
	assert_int_equal(v, 100);
	assert_false(ramp__next(&up, v, &v));
	v = 100;
	assert_true(ramp__next(&percent, v, &v));
	assert_int_equal(v, 90);
	/* A percentage that comes to nothing still gets there. */
	percent.to_bytes = 0;
	for (v = 3; ramp__next(&percent, v, &v);)
		assert_true(v < 3);
	assert_int_equal(v, 0);
}

static void test_ramp_words(void **state)
{
	static const char *const good[] = { "512M:20M:-32M@2s", "now:20M:-10%@500ms", "20M:1G:+64m@1m",
					    "1M:2M:1@1s", "8K:4096:2.5%@1s" };
	static const char *const bad[] = { "",
					   ":",
					   "512M",
					   "512M:20M",
					   "512M:20M:32M",
					   "512M:20M:32M@",
					   "512M:20M:@1s",
					   "512M:20M:0@1s",
					   "512M:20M:0%@1s",
					   "512M:20M:100%@1s",
					   "512M:20M:x%@1s",
					   "512M:20M:%@1s",
					   "512M:20M:--1M@1s",
					   "512M:20M:1M@0s",
					   "512M:20M:1M@5",
					   "max:20M:1M@1s",
					   "512M:max:1M@1s",
					   "512M:20:1M@1s",
					   "512M:now:1M@1s",
					   "8388608T:1M:1M@1s",
					   "512M:20M:nan%@1s",
					   "512M:20M:1M@1s@1s" };
	struct ramp ramp = { .to_bytes = 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_not_equal(ramp__parse(bad[i], &ramp), 0);
	assert_int_equal(ramp.to_bytes, 7);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(ramp__parse(good[i], &ramp), 0);
	assert_int_equal(ramp__parse(good[0], &ramp), 0);
	assert_int_equal(ramp.from_bytes, 512 * MIB);
	assert_int_equal(ramp.to_bytes, 20 * MIB);
	assert_int_equal(ramp.step_bytes, 32 * MIB);
	assert_int_equal(ramp.interval_ns, 2000000000);
	assert_false(ramp.from_now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ramp),
		cmocka_unit_test(test_ramp_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
