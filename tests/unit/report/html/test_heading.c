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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
