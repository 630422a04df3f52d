// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/series.h"

static struct record_point point(uint64_t ts_ns, uint64_t usage_bytes)
{
	return (struct record_point){ .ts_ns = ts_ns, .usage_bytes = usage_bytes };
}

static void test_all_kept_in_order(void **state)
{
	static const uint64_t times[] = { 5, 1, 9, 3, 7, 2, 8 };
	struct series s = { 0 };
	struct record_point out[2];

	(void)state;
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(series__add(&s, 8, point(times[i], times[i] * 10)), 0);
	assert_int_equal(s.count, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(series__points(&s.buckets[i], out), 1);
		assert_int_equal(out[0].usage_bytes, out[0].ts_ns * 10);
		assert_true(!i || s.buckets[i - 1].low.ts_ns < out[0].ts_ns);
	}
	series__free(&s);
}

/* Whatever the order: bounded, sorted, and with the same lowest and highest point. */
static void check_many(uint64_t step)
{
	const uint64_t n = 50021; /* prime: each step visits all */
	struct series s = { 0 };
	uint64_t lowest = UINT64_MAX, highest = 0, last = 0;

	for (uint64_t i = 0, at = 0; i < n; i++, at = (at + step) % n) {
		uint64_t usage = at == 1234 ? 1000000 : at == 4321 ? 1 : 500 + at % 100;

		assert_int_equal(series__add(&s, 64, point(at * 1000, usage)), 0);
		assert_in_range(s.count, 1, 64);
	}
	for (size_t i = 0; i < s.count; i++) {
		struct record_point out[2];
		int points = series__points(&s.buckets[i], out);

		for (int p = 0; p < points; p++) {
			assert_true(out[p].ts_ns >= last);
			last = out[p].ts_ns;
			lowest = out[p].usage_bytes < lowest ? out[p].usage_bytes : lowest;
			highest = out[p].usage_bytes > highest ? out[p].usage_bytes : highest;
		}
	}
	assert_int_equal(lowest, 1);
	assert_int_equal(highest, 1000000);
	series__shrink(&s, 1);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.buckets[0].high.ts_ns, 1234000);
	assert_int_equal(s.buckets[0].low.ts_ns, 4321000);
	series__free(&s);
}

static void test_many(void **state)
{
	(void)state;
	check_many(1);
	check_many(50020); /* backwards */
	check_many(17);
	check_many(25011);
}

static void test_far_apart(void **state)
{
	struct series s = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 64; i++)
		assert_int_equal(series__add(&s, 4, point(1ull << i, i)), 0);
	assert_in_range(s.count, 1, 4);
	series__free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kept_in_order),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_far_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
