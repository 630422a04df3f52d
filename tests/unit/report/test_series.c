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

static void test_spans_keep_their_sums(void **state)
{
	struct spans s = { 0 };
	struct record_reclaim_sum sum = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 10000; i++) {
		uint64_t from = i * 7919 % 10000 * 100;
		struct span span = {
			.from_ns = from,
			.to_ns = from + 50,
			.sum = { .runs = 1, .duration_ns = i, .longest_ns = i, .reclaimed_bytes = 2 }
		};

		assert_int_equal(spans__add(&s, 32, span), 0);
		assert_in_range(s.count, 1, 32);
	}
	for (size_t i = 0; i < s.count; i++) {
		assert_true(!i || s.spans[i - 1].from_ns < s.spans[i].from_ns);
		sum.runs += s.spans[i].sum.runs;
		sum.duration_ns += s.spans[i].sum.duration_ns;
		sum.reclaimed_bytes += s.spans[i].sum.reclaimed_bytes;
		sum.longest_ns = s.spans[i].sum.longest_ns > sum.longest_ns ? s.spans[i].sum.longest_ns
									    : sum.longest_ns;
	}
	assert_int_equal(sum.runs, 10000);
	assert_int_equal(sum.duration_ns, 10000 * 9999 / 2);
	assert_int_equal(sum.reclaimed_bytes, 20000);
	assert_int_equal(sum.longest_ns, 9999);
	spans__free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kept_in_order),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_far_apart),
		cmocka_unit_test(test_spans_keep_their_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
