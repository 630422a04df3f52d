// SPDX-License-Identifier: GPL-2.0-only
/* When a cgroup counts as stuck at its limit, how often that is told, and what ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/lru.h"
#include "model/stall.h"

#define MIB (1024ULL * 1024)
#define MS 1000000ULL
#define S (1000 * MS)
#define ID 7

static struct stall *start(void)
{
	struct stall *stall = stall__new();

	assert_non_null(stall);
	stall__usage(stall, ID, 64 * MIB, 64 * MIB, RECORD_NO_LIMIT);
	return stall;
}

/* Reclaim between two times in ms, `percent` of that time. */
static bool busy(struct stall *stall, uint64_t from_ms, uint64_t to_ms, uint64_t percent, struct record *out)
{
	return stall__reclaim(stall, ID, to_ms * MS, from_ms * MS, (to_ms - from_ms) * MS / 100 * percent,
			      out);
}

static void test_once_a_second(void **state)
{
	struct stall *stall = start();
	struct record out;
	unsigned int told = 0;

	(void)state;
	for (uint64_t ms = 10000; ms < 15000; ms += 100) {
		bool now = busy(stall, ms, ms + 100, 95, &out);

		if (ms == 10500)
			stall__refused(stall, ID, 1234);
		assert_int_equal(now, ms + 100 >= 12000 && (ms + 100) % 1000 == 0);
		if (!now)
			continue;
		told++;
		assert_int_equal(out.stall.cgroup_id, ID);
		assert_int_equal(out.stall.since_ns, 10000 * MS);
		assert_int_equal(out.time.boot_ns, (ms + 100) * MS);
		assert_int_equal(out.stall.duration_ns, (ms + 100 - 10000) * MS);
		assert_int_equal(out.stall.reclaim_ns, out.stall.duration_ns / 100 * 95);
		assert_int_equal(out.stall.usage_bytes, 64 * MIB);
		assert_int_equal(out.stall.max_bytes, 64 * MIB);
		assert_int_equal(out.stall.file, LIMIT_MAX);
		assert_int_equal(out.stall.failed, 1234);
		assert_false(out.stall.over);
	}
	assert_int_equal(told, 4);
	/* Nothing more is heard: it was over when that ended. */
	assert_false(stall__expire(stall, 18000 * MS, &out));
	assert_true(stall__expire(stall, 18001 * MS, &out));
	assert_true(out.stall.over);
	assert_int_equal(out.stall.duration_ns, 5 * S);
	assert_false(stall__expire(stall, 30000 * MS, &out));
	stall__free(stall);
}

/* Each of these alone makes it none. */
static void test_not_a_stall(void **state)
{
	struct stall *stall = start();
	struct record out;

	(void)state;
	for (uint64_t ms = 10000; ms < 20000; ms += 100)
		assert_false(busy(stall, ms, ms + 100, 49, &out)); /* too little */
	stall__free(stall);

	stall = start();
	stall__usage(stall, ID, 50 * MIB, 64 * MIB, RECORD_NO_LIMIT); /* not at its limit */
	for (uint64_t ms = 10000; ms < 20000; ms += 100)
		assert_false(busy(stall, ms, ms + 100, 100, &out));
	stall__free(stall);

	stall = start();
	stall__usage(stall, ID, UINT64_MAX, RECORD_NO_LIMIT, RECORD_NO_LIMIT); /* which it hasn't */
	for (uint64_t ms = 10000; ms < 20000; ms += 100)
		assert_false(busy(stall, ms, ms + 100, 100, &out));
	stall__free(stall);

	stall = stall__new(); /* whose usage nobody knows */
	for (uint64_t ms = 10000; ms < 20000; ms += 100)
		assert_false(busy(stall, ms, ms + 100, 100, &out));
	stall__free(stall);

	stall = start();
	for (uint64_t ms = 10000; ms < 20000; ms += 100) { /* with kills */
		assert_false(busy(stall, ms, ms + 100, 100, &out));
		if (ms % 1500 == 0)
			assert_false(stall__kill(stall, ID, &out));
	}
	stall__free(stall);

	stall = start();
	assert_false(busy(stall, 0, 60000, 1, &out)); /* a little, summed up over a minute */
	assert_false(busy(stall, 60000, 61900, 100, &out));
	stall__free(stall);
}

static void test_ends(void **state)
{
	struct stall *stall = start();
	struct record out;

	(void)state;
	assert_true(busy(stall, 10000, 12500, 100, &out)); /* one long run is enough */
	assert_true(stall__kill(stall, ID, &out));
	assert_true(out.stall.over);
	assert_int_equal(out.stall.duration_ns, 2500 * MS);
	assert_false(stall__kill(stall, ID, &out));
	assert_false(stall__kill(stall, ID + 1, &out));
	stall__free(stall);

	stall = start();
	assert_true(busy(stall, 10000, 13000, 100, &out));
	assert_true(busy(stall, 13000, 14000, 10, &out)); /* it can go on working */
	assert_true(out.stall.over);
	assert_int_equal(out.stall.duration_ns, 3 * S); /* what wasn't one doesn't count */
	assert_int_equal(out.stall.reclaim_ns, 3 * S);
	assert_false(stall__expire(stall, 60 * S, &out));
	stall__free(stall);

	stall = start();
	assert_true(busy(stall, 10000, 13000, 100, &out));
	stall__usage(stall, ID, 64 * MIB, 512 * MIB, RECORD_NO_LIMIT); /* the limit was raised */
	assert_true(busy(stall, 13000, 14000, 100, &out));
	assert_true(out.stall.over);
	assert_int_equal(out.stall.max_bytes, 64 * MIB); /* where it was stuck, not where it is now */
	assert_int_equal(out.stall.duration_ns, 3 * S);
	stall__free(stall);
}

/* Held back by memory.high: it comes in sleeps of up to 2 s, by several tasks at a time. */
static void test_throttled(void **state)
{
	struct stall *stall = start();
	struct record out;

	(void)state;
	stall__usage(stall, ID, 35 * MIB, 64 * MIB, 32 * MIB);
	assert_true(busy(stall, 10000, 12000, 300, &out));
	assert_int_equal(out.stall.file, LIMIT_HIGH);
	assert_int_equal(out.stall.max_bytes, 32 * MIB);
	assert_int_equal(out.stall.reclaim_ns, 6 * S);
	assert_false(stall__expire(stall, 13900 * MS, &out)); /* still asleep */
	assert_true(busy(stall, 12000, 14000, 100, &out));
	assert_int_equal(out.stall.duration_ns, 4 * S);
	stall__free(stall);
}

static void test_nonsense(void **state)
{
	struct stall *stall = start();
	struct record out;

	(void)state;
	assert_false(stall__reclaim(stall, ID, 0, 0, UINT64_MAX, &out));
	assert_false(stall__reclaim(stall, ID, 5 * S, 9 * S, UINT64_MAX, &out));
	assert_false(stall__reclaim(stall, ID, 4 * S, 1, UINT64_MAX, &out));
	assert_true(stall__reclaim(stall, ID, UINT64_MAX, 1, UINT64_MAX, &out));
	assert_true(out.stall.reclaim_ns == UINT64_MAX);
	assert_int_equal(out.stall.since_ns, 5 * S);
	assert_false(stall__expire(stall, 0, &out));
	for (uint64_t id = 0; id < 10000; id++)
		stall__usage(stall, id, 1, 1, 1);
	stall__free(stall);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_a_second), cmocka_unit_test(test_not_a_stall),
		cmocka_unit_test(test_ends),	      cmocka_unit_test(test_throttled),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
