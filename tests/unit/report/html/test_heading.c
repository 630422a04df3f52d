// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/html/collecting.h"

/* What happened in one session comes before that nothing did in another. */
static void test_sessions(void **state)
{
	struct output o;
	struct sink *sink = open_sink(&o);

	(void)state;
	send_session(sink, "/a");
	finish(&o);
	assert_int_equal(
		count(o.text,
		      "<h1 id=\"verdict\"><bdi>Nothing was OOM-killed until the recording breaks off</bdi></h1>"),
		1);
	stop(&o);
	sink = open_sink(&o);
	send_session(sink, "/a");
	send_session(sink, "/a");
	send_kill(sink, 1, "hog");
	send_session(sink, "/a");
	send_kill(sink, 1, "pig");
	finish(&o);
	assert_int_equal(count(o.text, "<bdi>hog lost 1 process to the OOM killer</bdi></h1>"), 1);
	assert_int_equal(
		count(o.text, "<li>pig lost 1 process to the OOM killer: the limit of 100.0 MiB of /a"), 1);
	assert_int_equal(count(o.text, "othing was OOM-killed"), 0);
	stop(&o);
	sink = open_sink(&o); /* of the whole machine */
	send_session(sink, NULL);
	send_kill(sink, 1, "hog");
	send_kill(sink, 2, "pig");
	finish(&o);
	assert_int_equal(count(o.text, ">2 processes were OOM-killed, in 2 containers or cgroups</h1>"), 1);
	assert_int_equal(
		count(o.text,
		      "<li><bdi>hog lost 1 process to the OOM killer</bdi>: the limit of 100.0 MiB of /a"),
		1);
	assert_int_equal(
		count(o.text, "<li>pig lost 1 process to the OOM killer: the limit of 100.0 MiB of /a"), 1);
	stop(&o);
}

/* The page says what the text says: what was lost, stood still, came back or was killed by others counts. */
static void test_every_kind_counts(void **state)
{
	const struct record_exit end = {
		.pid = 1, .comm = "init", .cgroup = "/a", .container = true, .has_status = true, .status = 9
	};
	const struct record_lost lost = { .kind = "victim", .count = 1 };
	const struct record_stall stall = {
		.cgroup = "/a", .cgroup_id = 1, .duration_ns = 2000000000, .max_bytes = 64 << 20
	};
	const struct record_user_kill kill = { .killer = "<b>" };
	const struct record_end over = { .reason = "over" };
	struct output o;
	struct sink *sink = open_sink(&o);

	(void)state;
	send_session(sink, "/a");
	assert_int_equal(TAKE(sink, LOST, lost, AT(5), lost), 0);
	assert_int_equal(TAKE(sink, EXIT, exit, AT(6), end), 0);
	finish(&o);
	assert_int_equal(count(o.text, "not OOM-killed"), 0);
	assert_int_equal(count(o.text, "Somebody sent it SIGKILL, or the OOM killer did: 1 event was lost."),
			 1);
	stop(&o);
	sink = open_sink(&o);
	send_session(sink, "/a");
	assert_int_equal(TAKE(sink, STALL, stall, AT(5), stall), 0);
	finish(&o);
	assert_int_equal(count(o.text, "<bdi>/a was stuck at its limit of 64.0 MiB for 2.0 s</bdi></h1>"), 1);
	stop(&o);
	sink = open_sink(&o);
	send_session(sink, NULL);
	assert_int_equal(TAKE(sink, USER_KILL, user_kill, AT(5), kill), 0);
	assert_int_equal(TAKE(sink, END, end, AT(6), over), 0);
	finish(&o);
	assert_int_equal(count(o.text, "<bdi>The kernel killed nothing; &lt;b&gt; killed 1 time</bdi></h1>"),
			 1);
	stop(&o);
}

/* A sum counts those that lost processes, and nobody else that there is something to say of. */
static void test_sum(void **state)
{
	const struct record_stall stall = {
		.cgroup = "/b", .cgroup_id = 1, .duration_ns = 2000000000, .max_bytes = 64 << 20
	};
	struct output o;
	struct sink *sink = open_sink(&o);

	(void)state;
	send_session(sink, NULL);
	assert_int_equal(TAKE(sink, STALL, stall, AT(5), stall), 0);
	send_kill(sink, 1, "hog");
	finish(&o);
	assert_int_equal(count(o.text, ">1 process was OOM-killed, in 1 container or cgroup</h1>"), 1);
	stop(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_every_kind_counts),
		cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
