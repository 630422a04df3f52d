// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/wrap.h"
#include "report/timeline.h"
#include "take.h"

#define YEAR_NS 31536000000000000

/* The wall clock is set back by a year between two records, and the kernel's clock says that it was 30 seconds. */
static void test_clock_set_back(void **state)
{
	const struct record_session session = { .version = "1", .kernel = "6.1" };
	const struct record_exit e = { .cgroup = "/a", .container = true };
	const struct record_sigkill kill = { .pid = 7, .comm = "init", .init = true, .cgroup = "/a" };
	const struct record_time begin = { .boot_ns = 1000000000, .wall_ns = 50 * YEAR_NS };
	const struct record_time later = { .boot_ns = 31000000000, .wall_ns = 49 * YEAR_NS };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct sink *sink = timeline__new(out, (struct text_look){ .ascii = true });

	(void)state;
	assert_non_null(sink);
	assert_int_equal(TAKE(sink, SESSION, session, begin, session), 0);
	assert_int_equal(TAKE(sink, SIGKILL, sigkill, later, kill), 0);
	assert_int_equal(TAKE(sink, EXIT, exit, later, e), 0);
	assert_int_equal(sink__finish(sink), 0);
	sink->ops->free(sink);
	fclose(out);
	wrap__plain(text);
	assert_non_null(strstr(text, "+30.0 s  SIGKILL"));
	assert_non_null(strstr(text, "+30.0 s  /a is gone"));
	assert_null(strstr(text, " -"));
	free(text);
}

/* Events were lost, or a log was cut: that is no run that killed nothing. */
static void test_victims_not_known(void **state)
{
	const struct record_session session = { .version = "1", .kernel = "6.1" };
	const struct record_victim hog = { .pid = 7, .comm = "hog", .cgroup = "/a" };
	const struct record_oom nothing = { .outcome = OOM_NO_VICTIM };
	const struct record_oom lost = { .outcome = OOM_KILLED, .missing = 1 };
	const struct record_oom part = {
		.outcome = OOM_KILLED, .missing = 1, .victims = &hog, .victim_count = 1, .killed = 1
	};
	const struct record_oom cut = { .incomplete = true };
	const struct record_oom *const ooms[] = { &nothing, &lost, &part, &cut };
	const char *const words[] = { "OOM killed nothing,", "OOM whose victims aren't known, in",
				      "OOM killed at least 1 process: hog, in /a",
				      "OOM whose victims aren't known, in" };
	const struct record_time at = { .boot_ns = 1000000000 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		struct sink *sink = timeline__new(out, (struct text_look){ .ascii = true });

		assert_non_null(sink);
		assert_int_equal(TAKE(sink, SESSION, session, at, session), 0);
		assert_int_equal(TAKE(sink, OOM, oom, at, *ooms[i]), 0);
		assert_int_equal(sink__finish(sink), 0);
		sink->ops->free(sink);
		fclose(out);
		if (!strstr(wrap__plain(text), words[i]))
			fail_msg("no '%s' in: %s", words[i], text);
		free(text);
	}
}

/* A hook that ended after an OOM is below it, however the OOM's line waits for others. */
static void test_order(void **state)
{
	const struct record_session session = { .version = "1", .kernel = "6.1" };
	const struct record_victim hog = { .pid = 7, .comm = "hog", .cgroup = "/a" };
	const struct record_oom oom = {
		.outcome = OOM_KILLED, .victims = &hog, .victim_count = 1, .killed = 1
	};
	const struct record_hook hook = { .cgroup = "/a", .program = "/hook" };
	const struct record_time at = { .boot_ns = 1000000000 }, later = { .boot_ns = 2000000000 };
	char *text = NULL, *ended;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct sink *sink = timeline__new(out, (struct text_look){ .ascii = true });

	(void)state;
	assert_non_null(sink);
	assert_int_equal(TAKE(sink, SESSION, session, at, session), 0);
	assert_int_equal(TAKE(sink, OOM, oom, at, oom), 0);
	assert_int_equal(TAKE(sink, HOOK, hook, later, hook), 0);
	assert_int_equal(sink__finish(sink), 0);
	sink->ops->free(sink);
	fclose(out);
	ended = strstr(wrap__plain(text), "/hook");
	assert_non_null(ended);
	assert_true(strstr(text, "OOM killed 1 process") < ended);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_victims_not_known),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
