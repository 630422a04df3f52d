// SPDX-License-Identifier: GPL-2.0-only
/* The flight recorder: what is kept of a curve, growth, sums, and bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/flight_recorder.h"

#define MIB (1024ULL * 1024)
#define MS 1000000ULL
#define S (1000 * MS)

static void point(struct flight_recorder *r, uint64_t id, uint64_t ts_ns, uint64_t usage_bytes)
{
	struct record_point p = { ts_ns, usage_bytes, 64 * MIB, { 0 } };

	assert_int_equal(flight_recorder__point(r, id, &p), 0);
}

static void test_unknown(void **state)
{
	struct flight_recorder *r = flight_recorder__new(&recorder_of_target);
	struct record_history h;
	struct record_reclaim_sum sum = { 1, 2, 3, 4 };

	(void)state;
	assert_false(flight_recorder__history(r, 1, 5 * S, &h));
	/* Sums without a single point are no curve. */
	assert_int_equal(flight_recorder__reclaim(r, 1, S, RECLAIM_LIMIT, &sum), 0);
	assert_false(flight_recorder__has(r, 1));
	assert_false(flight_recorder__history(r, 1, 5 * S, &h));
	point(r, 1, 2 * S, MIB);
	assert_true(flight_recorder__has(r, 1));
	assert_false(flight_recorder__history(r, 1, 2 * S - 1, &h)); /* it isn't there yet */
	assert_true(flight_recorder__history(r, 1, 2 * S, &h));
	assert_int_equal(h.count, 1);
	assert_int_equal(h.reclaim.runs, 1);
	assert_false(h.has_growth);
	flight_recorder__free(r);
}

static void test_order_and_window(void **state)
{
	struct flight_recorder *r = flight_recorder__new(&recorder_of_target);
	struct record_history h;

	(void)state;
	point(r, 1, 1 * S, 1);
	point(r, 1, 12 * S, 12);
	point(r, 1, 14 * S, 14);
	point(r, 1, 13 * S, 13); /* sent late */
	point(r, 1, 20 * S, 20);
	assert_true(flight_recorder__history(r, 1, 15 * S, &h));
	assert_int_equal(h.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(h.points[i].ts_ns, (12 + i) * S);
		assert_int_equal(h.points[i].usage_bytes, 12 + i);
		assert_int_equal(h.points[i].max_bytes, 64 * MIB);
	}
	/* Nothing has moved since long ago: the last point is what usage still is. */
	assert_true(flight_recorder__history(r, 1, 100 * S, &h));
	assert_int_equal(h.count, 1);
	assert_int_equal(h.points[0].usage_bytes, 20);
	flight_recorder__free(r);
}

static void test_growth(void **state)
{
	struct flight_recorder *r = flight_recorder__new(&recorder_of_target);
	struct record_history h;

	(void)state;
	point(r, 1, 5 * S, 10 * MIB);
	point(r, 1, 6 * S, 20 * MIB);
	assert_true(flight_recorder__history(r, 1, 6 * S, &h));
	assert_true(h.has_growth);
	assert_int_equal(h.growth_bytes_per_s, 10 * MIB);
	/* A quarter of a second is all there is. */
	point(r, 2, 5 * S, 50 * MIB);
	point(r, 2, 5 * S + 250 * MS, 40 * MIB);
	assert_true(flight_recorder__history(r, 2, 5 * S + 250 * MS, &h));
	assert_int_equal(h.growth_bytes_per_s, -40 * (int64_t)MIB);
	/* A point before the second says what usage was when it began. */
	point(r, 3, 1 * S, 10 * MIB);
	point(r, 3, 8 * S + 900 * MS, 40 * MIB);
	assert_true(flight_recorder__history(r, 3, 9 * S, &h));
	assert_int_equal(h.growth_bytes_per_s, 30 * MIB);
	/* A kill half a second ago took away more than has grown since. */
	point(r, 5, 5 * S, 64 * MIB);
	point(r, 5, 5 * S + 400 * MS, 20 * MIB);
	point(r, 5, 5 * S + 500 * MS, 4 * MIB);
	point(r, 5, 5 * S + 900 * MS, 44 * MIB);
	point(r, 5, 6 * S, 64 * MIB);
	assert_true(flight_recorder__history(r, 5, 6 * S, &h));
	assert_int_equal(h.growth_bytes_per_s, 120 * MIB);
	/* Less than a quarter is no fall. */
	point(r, 6, 5 * S, 60 * MIB);
	point(r, 6, 5 * S + 500 * MS, 50 * MIB);
	point(r, 6, 6 * S, 64 * MIB);
	assert_true(flight_recorder__history(r, 6, 6 * S, &h));
	assert_int_equal(h.growth_bytes_per_s, 4 * MIB);
	/* What can't be: no overflow. */
	point(r, 4, 1, 0);
	point(r, 4, 2, UINT64_MAX);
	assert_true(flight_recorder__history(r, 4, 2, &h));
	assert_false(h.has_growth);
	flight_recorder__free(r);
}

/* A storm of points: the newest all, of those before them each stretch's highest. */
static void test_storm(void **state)
{
	struct flight_recorder *r = flight_recorder__new(&recorder_of_target);
	struct record_history h;
	uint64_t highest = 0;

	(void)state;
	for (uint64_t ms = 0; ms < 20000; ms++)
		point(r, 1, S + ms * MS, ms == 15017 ? 60 * MIB : ms);
	assert_true(flight_recorder__history(r, 1, S + 19999 * MS, &h));
	assert_in_range(h.count, RECORDER_FINE + 200, RECORDER_POINTS);
	for (size_t i = 0; i < RECORDER_FINE; i++)
		assert_int_equal(h.points[h.count - 1 - i].usage_bytes, 19999 - i);
	for (size_t i = 1; i < h.count; i++)
		assert_true(h.points[i - 1].ts_ns < h.points[i].ts_ns);
	assert_in_range(h.points[0].ts_ns, S + 9900 * MS, S + 10100 * MS);
	for (size_t i = 0; i < h.count; i++)
		highest = h.points[i].usage_bytes > highest ? h.points[i].usage_bytes : highest;
	assert_int_equal(highest, 60 * MIB);
	flight_recorder__free(r);
}

static void test_sums(void **state)
{
	struct flight_recorder *r = flight_recorder__new(&recorder_of_target);
	struct record_reclaim_sum run = { 2, 30, 20, MIB }, throttle = { 1, 7, 7, 0 };
	struct record_history h;

	(void)state;
	point(r, 1, 30 * S, 1);
	flight_recorder__reclaim(r, 1, 1 * S, RECLAIM_LIMIT, &run); /* too old */
	flight_recorder__reclaim(r, 1, 22 * S, RECLAIM_LIMIT, &run);
	run.longest_ns = 25;
	flight_recorder__reclaim(r, 1, 29 * S, RECLAIM_LIMIT, &run);
	flight_recorder__reclaim(r, 1, 29 * S, RECLAIM_THROTTLE, &throttle);
	flight_recorder__refused(r, 1, 25 * S, 3);
	flight_recorder__refused(r, 1, 26 * S, UINT64_MAX);
	flight_recorder__reclaim(r, 1, 33 * S, RECLAIM_LIMIT, &run); /* not yet */
	assert_true(flight_recorder__history(r, 1, 30 * S, &h));
	assert_int_equal(h.reclaim.runs, 4);
	assert_int_equal(h.reclaim.duration_ns, 60);
	assert_int_equal(h.reclaim.longest_ns, 25);
	assert_int_equal(h.reclaim.reclaimed_bytes, 2 * MIB);
	assert_int_equal(h.throttle.runs, 1);
	assert_int_equal(h.throttle.duration_ns, 7);
	assert_true(h.failed == UINT64_MAX);
	flight_recorder__free(r);
}

/* 10,000 cgroups pass through: the oldest are forgotten, and memory stops growing. */
static void test_bounds(void **state)
{
	struct flight_recorder *r = flight_recorder__new(&recorder_of_target);
	struct record_history h;

	(void)state;
	point(r, 77, S, 77);
	for (uint64_t id = 1000; id < 11000; id++) {
		point(r, id, S, id);
		point(r, id, S + MS, id);
		point(r, 77, S + id, 77); /* in use all the time */
	}
	assert_true(flight_recorder__history(r, 10999, 2 * S, &h));
	assert_int_equal(h.count, 2);
	assert_int_equal(h.points[0].usage_bytes, 10999);
	assert_true(flight_recorder__has(r, 77));
	assert_true(flight_recorder__has(r, 11000 - (recorder_of_target.cgroups - 1)));
	assert_false(flight_recorder__has(r, 11000 - recorder_of_target.cgroups));
	flight_recorder__free(r);
}

/* Every cgroup of a machine moves all the time: all have their ten seconds, within the bound of memory. */
static void test_all_move(void **state)
{
	struct flight_recorder *r = flight_recorder__new(&recorder_of_all);
	const uint64_t gap_ns = 50 * MS; /* as bpf/usage.bpf.h sends them */
	struct record_history h;

	(void)state;
	for (uint64_t n = 0; n < 400; n++) {
		for (uint64_t id = 1; id <= 4096; id++)
			point(r, id, S + n * gap_ns + id, n * MIB);
	}
	print_message("4,096 cgroups that all move: %zu KiB\n", flight_recorder__bytes(r) / 1024);
	assert_true(flight_recorder__bytes(r) <= recorder_of_all.bytes);
	assert_int_equal(flight_recorder__given_up(r), 0);
	for (uint64_t id = 1; id <= 4096; id++) {
		uint64_t now_ns = S + 399 * gap_ns + id;

		assert_true(flight_recorder__history(r, id, now_ns, &h));
		assert_int_equal(h.points[h.count - 1].usage_bytes, 399 * MIB);
		assert_true(now_ns - h.points[0].ts_ns >= 9 * S);
	}
	flight_recorder__free(r);
}

/* Sums take memory, too: the cgroups that moved least recently give way, and are counted. */
static void test_bytes(void **state)
{
	struct recorder_bounds bounds = recorder_of_all;
	struct record_reclaim_sum sum = { 1, 2, 3, 4 };
	struct flight_recorder *r;
	struct record_history h;

	(void)state;
	bounds.bytes = 64 << 10;
	r = flight_recorder__new(&bounds);
	for (uint64_t id = 1; id <= 100; id++) {
		point(r, id, S + id, id);
		assert_int_equal(flight_recorder__reclaim(r, id, S + id, RECLAIM_LIMIT, &sum), 0);
		assert_true(flight_recorder__bytes(r) <= bounds.bytes);
	}
	assert_false(flight_recorder__has(r, 1));
	assert_true(flight_recorder__history(r, 100, 2 * S, &h));
	assert_int_equal(h.reclaim.runs, 1);
	assert_true(flight_recorder__given_up(r) > 50 && flight_recorder__given_up(r) < 100);
	flight_recorder__free(r);
}

/* Who hasn't moved for longer than a history is has nothing to lose. */
static void test_given_up(void **state)
{
	struct recorder_bounds bounds = recorder_of_all;
	struct flight_recorder *r;

	(void)state;
	bounds.cgroups = 2;
	r = flight_recorder__new(&bounds);
	point(r, 1, 1 * S, 1);
	point(r, 2, 2 * S, 1);
	point(r, 3, 20 * S, 1);
	assert_int_equal(flight_recorder__given_up(r), 0);
	assert_false(flight_recorder__has(r, 1));
	point(r, 2, 21 * S, 2); /* 3 has moved less recently now */
	point(r, 4, 22 * S, 1);
	assert_false(flight_recorder__has(r, 3));
	assert_true(flight_recorder__has(r, 2));
	assert_int_equal(flight_recorder__given_up(r), 1);
	flight_recorder__free(r);
}

/* Cgroups that are gone, or rest, take next to nothing, and nothing is missing when one of them moves again. */
static void test_rest(void **state)
{
	struct flight_recorder *r = flight_recorder__new(&recorder_of_all);
	struct record_reclaim_sum sum = { 1, 2, 3, 4 };
	size_t most_bytes = 0;
	struct record_history h;

	(void)state;
	for (uint64_t id = 1; id <= 2000; id++) {
		uint64_t from_ns = id * S / 10; /* ten a second come, move for a second, and go */

		for (uint64_t n = 0; n < 100; n++)
			point(r, id, from_ns + n * 10 * MS, (n + 1) * MIB);
		assert_int_equal(flight_recorder__reclaim(r, id, from_ns + S, RECLAIM_LIMIT, &sum), 0);
		if (flight_recorder__bytes(r) > most_bytes)
			most_bytes = flight_recorder__bytes(r);
	}
	print_message("2,000 cgroups, one after the other: %zu KiB\n", most_bytes / 1024);
	assert_true(most_bytes < 1536 << 10);
	assert_true(flight_recorder__has(r, 1));
	point(r, 1, 300 * S, 200 * MIB);
	assert_true(flight_recorder__history(r, 1, 300 * S + S / 2, &h));
	assert_int_equal(h.count, 1);
	assert_int_equal(h.reclaim.runs, 0);
	assert_true(h.has_growth);
	assert_int_equal(h.growth_bytes_per_s, 100 * MIB);
	flight_recorder__free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown),	 cmocka_unit_test(test_order_and_window),
		cmocka_unit_test(test_growth),	 cmocka_unit_test(test_storm),
		cmocka_unit_test(test_sums),	 cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_all_move), cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_given_up), cmocka_unit_test(test_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
