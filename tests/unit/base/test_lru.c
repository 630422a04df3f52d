// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/lru.h"

static void a_slot_each(void **state)
{
	struct lru lru = { 0 };
	bool fresh;

	(void)state;
	assert_int_equal(lru__find(&lru, 0), -1);
	assert_int_equal(lru__take(&lru, 7, &fresh), 0);
	assert_true(fresh);
	assert_int_equal(lru__take(&lru, 0, &fresh), 1);
	assert_true(fresh);
	assert_int_equal(lru__take(&lru, 7, &fresh), 0);
	assert_false(fresh);
	assert_int_equal(lru__find(&lru, 0), 1);
	assert_int_equal(lru__find(&lru, 8), -1);
}

static void the_least_used_goes(void **state)
{
	struct lru lru = { 0 };
	bool fresh;

	(void)state;
	for (uint64_t id = 1; id <= LRU_SLOTS; id++)
		assert_int_equal(lru__take(&lru, id, &fresh), id - 1);
	/* The first is used again, so the second has waited longest. Looking is no use. */
	lru__take(&lru, 1, &fresh);
	assert_int_equal(lru__find(&lru, 2), 1);
	assert_int_equal(lru__take(&lru, 1000, &fresh), 1);
	assert_true(fresh);
	assert_int_equal(lru__find(&lru, 2), -1);
	assert_int_equal(lru__find(&lru, 1), 0);
	assert_int_equal(lru__take(&lru, 1001, &fresh), 2);
	assert_int_equal(lru__find(&lru, 1000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_each),
		cmocka_unit_test(the_least_used_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
