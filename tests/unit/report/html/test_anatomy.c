// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/html/collecting.h"

/* The write ends after the kills inside it, and the victim's exit comes later still. */
static void test_anatomy(void **state)
{
	const uint64_t s = 1000000000;
	struct output o;
	struct sink *sink = open_sink(&o);
	const struct record_victim victim = { .ts_ns = 5 * s, .pid = 42, .tid = 42, .comm = "hog" };
	const struct record_oom oom = {
		.id = 1,
		.cause = CAUSE_INSIDE_WRITE,
		.cause_limit_id = 3,
		.started_ns = 5 * s - 2000000,
		.duration_ns = 3000000,
		.outcome = OOM_KILLED,
		.trigger_comm = "sh",
		.trigger_pid = 9,
		.limit = &limit_level,
		.victims = &victim,
		.victim_count = 1,
		.killed = 1,
	};
	const struct record_reclaim reclaim = {
		.kind = RECLAIM_LIMIT,
		.cgroup = "/a",
		.since_ns = 5 * s - 8000000,
		.sum = { .runs = 4, .duration_ns = 4000000 },
	};

	(void)state;
	send_session(sink, "/a");
	assert_int_equal(TAKE(sink, RECLAIM, reclaim, AT(5 * s - 1000000), reclaim), 0);
	assert_int_equal(TAKE(sink, OOM, oom, AT(5 * s), oom), 0);
	send_write(sink, 3, 5 * s + 10000000, 20000000, "/a");
	send_exit(sink, 42, 5 * s + 30000000, "hog", false);
	finish(&o);
	assert_int_equal(count(o.text, "write 3 by <bdi>/a</bdi>"), 1);
	assert_int_equal(count(o.text, "<td class=\"n\">+0 ns</td><td class=\"n\">20.0 ms</td>"), 1);
	assert_int_equal(count(o.text, "reclaim, 4 runs of 4.0 ms in all"), 1);
	assert_int_equal(count(o.text, "<td class=\"n\">+2.0 ms</td><td class=\"n\">7.0 ms</td>"), 1);
	assert_int_equal(count(o.text, "OOM killer</th>"), 1);
	assert_int_equal(count(o.text, "<td class=\"n\">+8.0 ms</td><td class=\"n\">3.0 ms</td>"), 1);
	assert_int_equal(count(o.text, "marked until exit: <bdi>hog</bdi>"), 1);
	assert_int_equal(count(o.text, "<td class=\"n\">+10.0 ms</td><td class=\"n\">30.0 ms</td>"), 1);
	stop(&o);
}

/* Nobody followed the victim: a mark is a moment, which took no time. */
static void test_no_end(void **state)
{
	struct record_victim v = { .pid = 42, .comm = "hog", .cgroup = "/a", .ts_ns = 5000000001 };
	struct record_oom oom = { .id = 1,
				  .outcome = OOM_KILLED,
				  .started_ns = 4999000000,
				  .duration_ns = 3000000,
				  .victims = &v,
				  .victim_count = 1,
				  .killed = 1 };
	struct output o;
	struct sink *sink = open_sink(&o);

	(void)state;
	send_session(sink, "/a");
	assert_int_equal(TAKE(sink, OOM, oom, AT(5000000000), oom), 0);
	finish(&o);
	assert_int_equal(count(o.text, "marked: <bdi>hog</bdi>"), 1);
	assert_int_equal(count(o.text, "<td class=\"n\">+1.0 ms</td><td class=\"n\"></td>"), 1);
	stop(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anatomy),
		cmocka_unit_test(test_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
