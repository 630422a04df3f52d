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
	assert_end((struct record_exit){ .status = 7 },
		   "was ended by SIGBUS (exit code 135): as for memory of a file that is too short, or for "
		   "which its file system (such as /dev/shm) has no room");
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

/* What had asked it to end, whether it ended by that or on its own. */
static void test_asked_to_end(void **state)
{
	struct record_stop stop = { .signal = 15, .before_ns = 12000000, .pid = 1, .comm = "systemd" };

	(void)state;
	assert_end((struct record_exit){ .status = 15, .stop = stop },
		   "was ended by SIGTERM (exit code 143), sent by systemd (pid 1) 12.0 ms before: as systemd "
		   "stops a unit");
	stop.comm = "sh";
	stop.pid = 40;
	assert_end((struct record_exit){ .stop = stop },
		   "ended with exit code 0, 12.0 ms after SIGTERM by sh (pid 40)");
	stop.comm = "earlyoom";
	assert_end(
		(struct record_exit){ .status = 15, .stop = stop },
		"was ended by SIGTERM (exit code 143), sent by earlyoom (pid 40) 12.0 ms before: a program "
		"that kills when memory is short; it wasn't the kernel's OOM killer");
}

/* Signals that the kernel itself sends for one reason. */
static void test_kernels_signals(void **state)
{
	(void)state;
	assert_end((struct record_exit){ .status = 31 },
		   "was ended by SIGSYS (exit code 159): as for a system call that its seccomp filter "
		   "doesn't allow");
	assert_end((struct record_exit){ .status = 24 },
		   "was ended by SIGXCPU (exit code 152): as for CPU time above its RLIMIT_CPU");
}

/* By the kernel's counts for the target: limits that were reached without a kill. */
static void test_kernels_counts(void **state)
{
	static const struct {
		struct record_kernel_events events;
		const char *expected;
	} cases[] = {
		{ { .whole = true },
		  "/a ended with exit code 3; nothing in it was OOM-killed, and it never reached its memory "
		  "limit, or a limit of processes" },
		{ { .max = 12, .whole = true },
		  "/a ended with exit code 3; nothing in it was OOM-killed: its memory limit, or one below, was "
		  "reached 12 times, and reclaim made room" },
		{ { .max = 12, .oom = 1, .whole = true }, "/a ended with exit code 3" },
		/* The last events may be missing. */
		{ {},
		  "/a ended with exit code 3; nothing in it was OOM-killed, and it never reached a limit of "
		  "processes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct record_exit e = { .cgroup = "/a",
					       .container = true,
					       .has_status = true,
					       .status = 3 << 8,
					       .has_refusals = true };
		const struct record_end end = { .has_kernel_events = true, .kernel_events = cases[i].events };
		char told[512] = "";
		struct sink *sink = verdict__new(keep, told);

		assert_int_equal(TAKE(sink, EXIT, exit, ((struct record_time){}), e), 0);
		assert_int_equal(TAKE(sink, END, end, ((struct record_time){}), end), 0);
		assert_int_equal(sink__finish(sink), 0);
		assert_string_equal(told, cases[i].expected);
		sink->ops->free(sink);
	}
}

/* Programs that kill for want of memory. Who was asked first, and killed then, counts once. */
static void test_memory_killers(void **state)
{
	char told[512] = "";
	struct sink *sink = verdict__new(keep, told);
	const struct record_user_kill asked = { .killer = "earlyoom", .pid = 40, .signal = "SIGTERM" };
	struct record_sigkill killed = { .pid = 40, .killer.sender.comm = "earlyoom" };

	(void)state;
	assert_int_equal(TAKE(sink, SESSION, session, ((struct record_time){}), ((struct record_session){})),
			 0);
	assert_int_equal(TAKE(sink, USER_KILL, user_kill, ((struct record_time){}), asked), 0);
	assert_int_equal(TAKE(sink, SIGKILL, sigkill, ((struct record_time){}), killed), 0);
	killed.killer.sender.comm = "sh";
	killed.pid = 41;
	assert_int_equal(TAKE(sink, SIGKILL, sigkill, ((struct record_time){}), killed), 0);
	killed.killer.sender.comm = "systemd-oomd";
	assert_int_equal(TAKE(sink, SIGKILL, sigkill, ((struct record_time){}), killed), 0);
	assert_int_equal(sink__finish(sink), 0);
	assert_string_equal(told, "the kernel killed nothing; earlyoom and others killed 2 times");
	sink->ops->free(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_without_oom), cmocka_unit_test(test_asked_to_end),
		cmocka_unit_test(test_kernels_signals),	 cmocka_unit_test(test_memory_killers),
		cmocka_unit_test(test_kernels_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
