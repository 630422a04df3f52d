// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "report/filter.h"
#include "take.h"

#define NOON (1700000000 / 86400 * NS_PER_DAY + NS_PER_DAY / 2)

/* Counts what is handed on, by kind. */
static int counts[RECORD_KINDS];

static int count(struct sink *sink, const struct record *record)
{
	(void)sink;
	counts[record->kind]++;
	return 0;
}

static void nothing(struct sink *sink)
{
	(void)sink;
}

static struct sink *open_filter(const struct report_filter *filter)
{
	static const struct sink_ops ops = { .take = count, .free = nothing };
	static struct sink next = { .ops = &ops };
	struct sink *sink = filter__new(&next, filter);

	assert_non_null(sink);
	memset(counts, 0, sizeof(counts));
	return sink;
}

static void put_session(struct sink *sink, int64_t wall_ns, const char *cgroup)
{
	const struct record_session session = { .target_cgroup = cgroup };

	assert_int_equal(TAKE(sink, SESSION, session, { .wall_ns = wall_ns }, session), 0);
}

/* Whether a kill in this cgroup, by another's limit, at this time is handed on. */
static bool takes_oom(struct sink *sink, int64_t wall_ns, uint64_t id, const char *cgroup)
{
	const struct record_level limit = { .path = "/limit" };
	const struct record_victim victim = { .pid = (uint32_t)id + 100, .cgroup = cgroup };
	const struct record_oom oom = {
		.id = id, .limit = &limit, .trigger_cgroup = "/trigger", .victims = &victim, .victim_count = 1
	};
	int before = counts[RECORD_OOM];

	assert_int_equal(TAKE(sink, OOM, oom, { .wall_ns = wall_ns }, oom), 0);
	return counts[RECORD_OOM] > before;
}

static bool takes_exit(struct sink *sink, uint32_t pid, const char *cgroup, bool container)
{
	const struct record_exit exit = { .pid = pid, .cgroup = cgroup, .container = container };
	int before = counts[RECORD_EXIT];

	assert_int_equal(TAKE(sink, EXIT, exit, { .wall_ns = NOON }, exit), 0);
	return counts[RECORD_EXIT] > before;
}

static bool takes_usage(struct sink *sink, const char *cgroup)
{
	const struct record_usage usage = { .cgroup = cgroup };
	int before = counts[RECORD_USAGE];

	assert_int_equal(TAKE(sink, USAGE, usage, { .wall_ns = NOON }, usage), 0);
	return counts[RECORD_USAGE] > before;
}

static void everything(void **state)
{
	struct sink *sink = open_filter(&(struct report_filter){ 0 });

	(void)state;
	put_session(sink, NOON, NULL);
	assert_true(takes_oom(sink, INT64_MIN, 1, NULL));
	assert_true(takes_exit(sink, 1, NULL, false));
	assert_true(takes_usage(sink, "/a"));
	sink->ops->free(sink);
}

/* A cgroup, and those below it; not one whose name begins like its own. */
static void by_cgroup(void **state)
{
	struct sink *sink = open_filter(&(struct report_filter){ .cgroup = "/a/b" });
	const struct record_end end = { .reason = "x" };

	(void)state;
	put_session(sink, NOON, "/a");
	assert_true(takes_oom(sink, NOON, 1, "/a/b"));
	assert_true(takes_oom(sink, NOON, 2, "/a/b/c"));
	assert_false(takes_oom(sink, NOON, 3, "/a/bc"));
	assert_false(takes_oom(sink, NOON, 4, "/a"));
	assert_false(takes_oom(sink, NOON, 5, NULL));
	assert_true(takes_usage(sink, "/a/b"));
	assert_false(takes_usage(sink, "/a"));
	/* The exits of those whose kills were handed on, and a container's own. */
	assert_true(takes_exit(sink, 101, "/elsewhere", false));
	assert_false(takes_exit(sink, 103, "/a/b", false));
	assert_true(takes_exit(sink, 7, "/a/b", true));
	assert_false(takes_exit(sink, 7, "/a", true));
	assert_int_equal(TAKE(sink, END, end, { .wall_ns = NOON }, end), 0);
	assert_int_equal(counts[RECORD_END], 1);
	sink->ops->free(sink);
}

/* Who asked, or whose limit it is, counts too. */
static void by_the_limit_and_by_who_asked(void **state)
{
	struct sink *sink = open_filter(&(struct report_filter){ .cgroup = "/limit" });

	(void)state;
	assert_true(takes_oom(sink, NOON, 1, "/a"));
	sink->ops->free(sink);
	sink = open_filter(&(struct report_filter){ .cgroup = "/trigger/" });
	assert_true(takes_oom(sink, NOON, 1, "/a"));
	sink->ops->free(sink);
}

static void by_id(void **state)
{
	struct sink *sink = open_filter(&(struct report_filter){ .kill = 2 });
	const struct record_stack of_one = { .oom_id = 1 }, of_two = { .oom_id = 2 };

	(void)state;
	put_session(sink, NOON, "/a");
	assert_false(takes_oom(sink, NOON, 1, "/a"));
	assert_true(takes_oom(sink, NOON, 2, "/a"));
	assert_false(takes_exit(sink, 101, "/a", true));
	assert_true(takes_exit(sink, 102, "/a", false));
	assert_false(takes_usage(sink, "/a"));
	assert_int_equal(TAKE(sink, STACK, stack, { .wall_ns = NOON }, of_one), 0);
	assert_int_equal(TAKE(sink, STACK, stack, { .wall_ns = NOON }, of_two), 0);
	assert_int_equal(counts[RECORD_STACK], 1);
	/* Another session's pids are others. */
	put_session(sink, NOON, "/a");
	assert_false(takes_exit(sink, 102, "/a", false));
	sink->ops->free(sink);
}

static void check_zone(const struct report_time *since, const struct report_time *until, bool local_time,
		       int64_t began_ns, int64_t first_ns, int64_t last_ns)
{
	struct sink *sink = open_filter(
		&(struct report_filter){ .since = *since, .until = *until, .local_time = local_time });

	put_session(sink, began_ns, NULL);
	assert_false(takes_oom(sink, first_ns - 1, 1, "/a"));
	assert_true(takes_oom(sink, first_ns, 2, "/a"));
	assert_true(takes_oom(sink, last_ns, 3, "/a"));
	assert_false(takes_oom(sink, last_ns + 1, 4, "/a"));
	sink->ops->free(sink);
}

static void check_time(const struct report_time *since, const struct report_time *until, int64_t began_ns,
		       int64_t first_ns, int64_t last_ns)
{
	check_zone(since, until, false, began_ns, first_ns, last_ns);
}

static void by_time(void **state)
{
	const int64_t hour = 3600 * NS_PER_S, midnight = NOON - NS_PER_DAY / 2;

	(void)state;
	check_time(&(struct report_time){ REPORT_TIME_WALL, NOON + 5 },
		   &(struct report_time){ REPORT_TIME_WALL, NOON + 9 }, NOON, NOON + 5, NOON + 9);
	check_time(&(struct report_time){ REPORT_TIME_RELATIVE, 5 },
		   &(struct report_time){ REPORT_TIME_RELATIVE, 9 }, NOON, NOON + 5, NOON + 9);
	check_time(&(struct report_time){ REPORT_TIME_OF_DAY, 13 * hour },
		   &(struct report_time){ REPORT_TIME_OF_DAY, 14 * hour }, NOON, midnight + 13 * hour,
		   midnight + 14 * hour);
	/* 23:00 to 01:00 of a session that began at 22:00: over midnight. */
	check_time(&(struct report_time){ REPORT_TIME_OF_DAY, 23 * hour },
		   &(struct report_time){ REPORT_TIME_OF_DAY, 1 * hour }, midnight + 22 * hour,
		   midnight + 23 * hour, midnight + 25 * hour);
}

/* With --time=local a time of day is the machine's, on the day that it is there. */
static void by_local_time(void **state)
{
	const struct report_time one = { REPORT_TIME_OF_DAY, 3600 * NS_PER_S },
				 four = { REPORT_TIME_OF_DAY, 4 * 3600 * NS_PER_S };
	const int64_t hour = 3600 * NS_PER_S, midnight = NOON - NS_PER_DAY / 2;

	(void)state;
	setenv("TZ", "IST-5:30", 1);
	tzset();
	/* It began at 20:00 UTC, which is 01:30 of the next day there. */
	check_zone(&one, &four, true, midnight + 20 * hour, midnight + 19 * hour + hour / 2,
		   midnight + 22 * hour + hour / 2);
	/* On the 12th of November 2023, a Sunday, clocks are put forward at 2: the day has 23 hours. */
	setenv("TZ", "AAA0BBB,M11.2.0/2,M12.1.0", 1);
	tzset();
	check_zone(&one, &four, true, 1699747200 * NS_PER_S, 1699747200 * NS_PER_S + hour,
		   1699747200 * NS_PER_S + 3 * hour);
	unsetenv("TZ");
	tzset();
}

/* Without a session, its first record is where a recording begins. */
static void without_a_session(void **state)
{
	struct sink *sink = open_filter(&(struct report_filter){ .since = { REPORT_TIME_RELATIVE, 5 },
								 .until = { REPORT_TIME_NONE, 0 } });

	(void)state;
	assert_false(takes_oom(sink, NOON, 1, "/a"));
	assert_true(takes_oom(sink, NOON + 5, 2, "/a"));
	sink->ops->free(sink);
}

/* It owns what it hands on to, even where it can't be made. */
static void nowhere_to_hand_on(void **state)
{
	(void)state;
	assert_null(filter__new(NULL, &(struct report_filter){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(by_cgroup),
		cmocka_unit_test(by_the_limit_and_by_who_asked),
		cmocka_unit_test(by_id),
		cmocka_unit_test(by_time),
		cmocka_unit_test(by_local_time),
		cmocka_unit_test(without_a_session),
		cmocka_unit_test(nowhere_to_hand_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
