// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "containers/owner_budget.h"

#define NOW (1000 * NS_PER_S)

/* One that takes more than it has waits for it, with all that is its owner's, and others don't. */
static void test_owners(void **state)
{
	struct owner_budget b = { .part = 50, .part_all = 10, .at_once_ns = NS_PER_S };

	(void)state;
	assert_true(owner_budget__may(&b, "/a/b", NOW));
	owner_budget__take(&b, "/a/b", 3 * NS_PER_S, NOW);
	assert_false(owner_budget__may(&b, "/a/b", NOW));
	assert_false(owner_budget__may(&b, "/a/c", NOW));
	assert_true(owner_budget__may(&b, "/b", NOW));
	assert_false(owner_budget__may(&b, "/a/b", NOW + 99 * NS_PER_S));
	assert_false(owner_budget__may(&b, "/a/b", NOW));
	assert_true(owner_budget__may(&b, "/a/b", NOW + 101 * NS_PER_S));
	/* However long nothing was taken, there is so much at once. */
	owner_budget__take(&b, "/a/b", 2 * NS_PER_S, NOW + 9000 * NS_PER_S);
	assert_false(owner_budget__may(&b, "/a/b", NOW + 9049 * NS_PER_S));
	assert_true(owner_budget__may(&b, "/a/b", NOW + 9051 * NS_PER_S));
}

/* So many owners as may come have a part that bounds all, whoever is forgotten. */
static void test_all(void **state)
{
	struct owner_budget b = { .part = 50, .part_all = 10, .at_once_ns = NS_PER_S };
	uint64_t taken_ns = 0;
	char path[32];

	(void)state;
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 2 * OWNER_BUDGET__OWNERS; i++) {
			snprintf(path, sizeof(path), "/%d", i);
			if (!owner_budget__may(&b, path, NOW + (uint64_t)round * NS_PER_S))
				continue;
			owner_budget__take(&b, path, NS_PER_S / 2, NOW + (uint64_t)round * NS_PER_S);
			taken_ns += NS_PER_S / 2;
		}
	}
	/* 5 s at once, and a tenth of 99 s. */
	assert_in_range(taken_ns, 14 * NS_PER_S, 16 * NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_owners), cmocka_unit_test(test_all) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
