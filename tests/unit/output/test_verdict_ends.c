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
	/* SIGBUS for want of huge pages isn't one for want of room in a file system. */
	assert_end(
		(struct record_exit){ .status = 7, .refusals = &refusals[1], .refusal_count = 1 },
		"was ended by SIGBUS (exit code 135); its limit of 4.0 MiB of huge pages (hugetlb.2MB.max) "
		"was reached 1 time");
	assert_end((struct record_exit){ .status = 1 << 8, .refusals = &above, .refusal_count = 1 },
		   "ended with exit code 1; a limit above its own of processes and threads (pids.max) was "
		   "reached 2 times");
	assert_end(
		(struct record_exit){ .status = 1 << 8, .refusals = &unknown, .refusal_count = 1 },
		"ended with exit code 1; the limit of processes and threads (pids.max) was reached 2 times");
}

/* Close to a resource limit, as far as one can tell: what it asked for, and whether it was refused, isn't known. */
static void test_resource_limits(void **state)
{
	struct record_exit e = { .status = 6,
				 .address_space = { true, 498ULL << 20, 500ULL << 20 },
				 .data = { true, 10 << 20, 500 << 20 } };

	(void)state;
	assert_end(e, "was ended by SIGABRT (exit code 134); its address space was 498.0 MiB, and RLIMIT_AS "
		      "allows 500.0 MiB: a request for more may have failed");
	e.status = 1 << 8;
	e.has_refusals = true;
	e.data.bytes = 600 << 20; /* the limit was lowered */
	assert_end(
		e,
		"ended with exit code 1; its address space was 498.0 MiB, and RLIMIT_AS allows 500.0 MiB: a "
		"request for more may have failed; its private writable memory was 600.0 MiB, and "
		"RLIMIT_DATA allows 500.0 MiB: a request for more may have failed; nothing in it was "
		"OOM-killed, and it never reached a limit of processes");
	/* There was room, or there is no limit. */
	e.address_space.bytes = 400ULL << 20;
	e.data.has = e.has_refusals = false;
	assert_end(e, "ended with exit code 1");
	/* Whatever it had, something else ended it. */
	e.address_space.bytes = 500ULL << 20;
	e.status = 15;
	assert_end(e, "was ended by SIGTERM (exit code 143)");
	e.status = 0;
	assert_end(e, "ended with exit code 0");
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
		  "reached 12 times; reclaim made room, or a request failed" },
		{ { .max = 12, .oom = 1, .whole = true }, "/a ended with exit code 3" },
		/* The last events may be missing. */
		{ { .max = 12 },
		  "/a ended with exit code 3; nothing in it was OOM-killed, and it never reached a limit of "
		  "processes" },
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
	assert_int_equal(TAKE(sink, END, end, ((struct record_time){}), ((struct record_end){})), 0);
	assert_int_equal(sink__finish(sink), 0);
	assert_string_equal(told, "the kernel killed nothing; earlyoom and others killed 2 times");
	sink->ops->free(sink);
}

/* What the kernel did isn't known for sure. */
static void test_memory_killers_and_losses(void **state)
{
	static const struct {
		uint64_t lost, kills;
		bool cut_off;
	} cases[] = { { .lost = 1 }, { .kills = 1 }, { .cut_off = true } };
	const struct record_user_kill kill = { .killer = "earlyoom", .pid = 40, .signal = "SIGTERM" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char told[512] = "";
		struct sink *sink = verdict__new(keep, told);
		const struct record_end end = { .kills = cases[i].kills };

		assert_int_equal(TAKE(sink, SESSION, session, ((struct record_time){}),
				      ((struct record_session){})),
				 0);
		assert_int_equal(TAKE(sink, USER_KILL, user_kill, ((struct record_time){}), kill), 0);
		if (cases[i].lost)
			assert_int_equal(TAKE(sink, LOST, lost, ((struct record_time){}),
					      ((struct record_lost){ .count = cases[i].lost })),
					 0);
		if (!cases[i].cut_off)
			assert_int_equal(TAKE(sink, END, end, ((struct record_time){}), end), 0);
		assert_int_equal(sink__finish(sink), 0);
		assert_string_equal(told, "no kill by the kernel is in here; earlyoom killed 1 time");
		sink->ops->free(sink);
	}
}

static int keep_ended(void *ctx, const struct verdict_sentence *sentence)
{
	if (!strcmp(sentence->kind, "ended"))
		snprintf(ctx, 512, "%s", sentence->text);
	return 0;
}

/* A kill below the target is another subject's, and still one in it. */
static void test_kill_below(void **state)
{
	char told[512] = "";
	struct sink *sink = verdict__new(keep_ended, told);
	const struct record_exit e = {
		.cgroup = "/a", .container = true, .has_status = true, .status = 3 << 8, .has_refusals = true
	};
	struct record_victim victim = { .pid = 9, .comm = "hog", .role = ROLE_CHOSEN, .cgroup = "/a/b" };
	const struct record_oom oom = {
		.id = 1, .outcome = OOM_KILLED, .victims = &victim, .victim_count = 1, .killed = 1
	};

	(void)state;
	assert_int_equal(TAKE(sink, OOM, oom, ((struct record_time){}), oom), 0);
	assert_int_equal(TAKE(sink, EXIT, exit, ((struct record_time){}), e), 0);
	assert_int_equal(TAKE(sink, END, end, ((struct record_time){}), ((struct record_end){ .kills = 1 })),
			 0);
	assert_int_equal(sink__finish(sink), 0);
	assert_string_equal(told, "/a ended with exit code 3");
	sink->ops->free(sink);
}

/* systemd stops a service at once when something in it was killed; what it stops much later, or before, it does not. */
static void test_stop_after_kill(void **state)
{
	static const struct {
		uint64_t kill_s, end_s;
		bool is_policy;
	} cases[] = { { 100, 101, true }, { 100, 150, false }, { 100, 97, false } };
	struct record_victim victim = { .pid = 9, .comm = "hog", .role = ROLE_CHOSEN, .cgroup = "/a" };
	const struct record_oom oom = {
		.id = 1, .outcome = OOM_KILLED, .victims = &victim, .victim_count = 1, .killed = 1
	};
	const struct record_exit e = {
		.cgroup = "/a",
		.container = true,
		.has_status = true,
		.status = 15,
		.stop = { .signal = 15, .before_ns = 12000000, .pid = 1, .comm = "systemd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char told[512] = "";
		struct sink *sink = verdict__new(keep, told);
		const struct record_time kill_time = { .boot_ns = cases[i].kill_s * 1000000000 };
		const struct record_time end_time = { .boot_ns = cases[i].end_s * 1000000000 };

		assert_int_equal(TAKE(sink, OOM, oom, kill_time, oom), 0);
		assert_int_equal(TAKE(sink, EXIT, exit, end_time, e), 0);
		assert_int_equal(sink__finish(sink), 0);
		assert_non_null(strstr(told, "as systemd stops a unit"));
		assert_int_equal(!!strstr(told, "OOMPolicy=stop"), cases[i].is_policy);
		sink->ops->free(sink);
	}
}

/* No SIGKILL was seen. But the kernel had left out the program that tells of them. */
static void test_skipped_signals(void **state)
{
	struct record_probe probe = { .purpose = "signal", .attached = "complete_signal" };
	const struct record_session session = { .probes = &probe, .probe_count = 1 };
	const struct record_exit e = { .cgroup = "/a", .container = true, .has_status = true, .status = 9 };

	(void)state;
	for (int skipped = 0; skipped <= 1; skipped++) {
		char told[512] = "";
		struct sink *sink = verdict__new(keep, told);
		const struct record_end end = { .skipped_signals = (uint64_t)skipped };

		assert_int_equal(TAKE(sink, SESSION, session, ((struct record_time){}), session), 0);
		assert_int_equal(TAKE(sink, EXIT, exit, ((struct record_time){}), e), 0);
		assert_int_equal(TAKE(sink, END, end, ((struct record_time){}), end), 0);
		assert_int_equal(sink__finish(sink), 0);
		assert_int_equal(!strstr(told, "seccomp"), skipped);
		sink->ops->free(sink);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_without_oom),
		cmocka_unit_test(test_resource_limits),
		cmocka_unit_test(test_asked_to_end),
		cmocka_unit_test(test_kernels_signals),
		cmocka_unit_test(test_memory_killers),
		cmocka_unit_test(test_kernels_counts),
		cmocka_unit_test(test_memory_killers_and_losses),
		cmocka_unit_test(test_kill_below),
		cmocka_unit_test(test_stop_after_kill),
		cmocka_unit_test(test_skipped_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
