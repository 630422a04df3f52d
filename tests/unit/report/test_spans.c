// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/spans.h"

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
		cmocka_unit_test(test_spans_keep_their_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
