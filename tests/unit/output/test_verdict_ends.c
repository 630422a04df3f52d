// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "output/verdict.h"
#include "take.h"

static int keep(void *ctx, const struct verdict_sentence *sentence)
{
	snprintf(ctx, 512, "%s", sentence->text);
	return 0;
}

static void assert_end(struct record_exit e, const char *expected)
{
	char told[512] = "", text[512];
	struct sink *sink = verdict__new(keep, told);

	e.cgroup = "/a";
	e.container = e.has_status = true;
	assert_int_equal(TAKE(sink, EXIT, exit, ((struct record_time){}), e), 0);
	assert_int_equal(sink__finish(sink), 0);
	snprintf(text, sizeof(text), "/a %s", expected);
	assert_string_equal(told, text);
	sink->ops->free(sink);
}

/* Ends that look like an OOM kill and are none. */
static void test_ends_without_oom(void **state)
{
	const struct record_refusal refusals[] = { { "pids.max", true, 20, 12 },
						   { "hugetlb.2MB.max", true, 4 << 20, 1 } };
	const struct record_refusal above = { "pids.max", true, RECORD_NO_LIMIT, 2 };
	const struct record_refusal unknown = { "pids.max", false, 0, 2 };

	(void)state;
	assert_end((struct record_exit){}, "ended with exit code 0");
	assert_end((struct record_exit){ .has_refusals = true }, "ended with exit code 0");
	assert_end((struct record_exit){ .status = 1 << 8 }, "ended with exit code 1");
	assert_end((struct record_exit){ .status = 1 << 8, .has_refusals = true },
		   "ended with exit code 1; nothing in it was OOM-killed, and it never reached a limit of "
		   "processes");
	assert_end(
		(struct record_exit){ .status = 137 << 8 },
		"ended with exit code 137, by itself: no signal ended its init, but a shell gives that code "
		"when SIGKILL ended what it ran");
	assert_end((struct record_exit){ .status = 255 << 8 }, "ended with exit code 255");
	assert_end((struct record_exit){ .status = 7 }, "was ended by SIGBUS (exit code 135)");
	assert_end(
		(struct record_exit){ .status = 9 },
		"ended with exit code 137, but was not OOM-killed: somebody sent it SIGKILL, as docker kill "
		"does, and docker stop after a while");
	assert_end((struct record_exit){ .status = 1 << 8, .refusals = refusals, .refusal_count = 2 },
		   "ended with exit code 1; its limit of 20 processes and threads (pids.max) was reached 12 "
		   "times; its limit of 4.0 MiB of huge pages (hugetlb.2MB.max) was reached 1 time");
	assert_end((struct record_exit){ .status = 1 << 8, .refusals = &above, .refusal_count = 1 },
		   "ended with exit code 1; a limit above its own of processes and threads (pids.max) was "
		   "reached 2 times");
	assert_end(
		(struct record_exit){ .status = 1 << 8, .refusals = &unknown, .refusal_count = 1 },
		"ended with exit code 1; the limit of processes and threads (pids.max) was reached 2 times");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ends_without_oom) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
