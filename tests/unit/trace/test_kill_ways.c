// SPDX-License-Identifier: GPL-2.0-only
/* The way of a SIGKILL by the stacks that were seen on real kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trace/kill_ways.h"

#define SIZE 0x100
#define ELSEWHERE 0xffffffff80000000

static struct kallsyms_range functions[KILL_WAYS_FUNCTIONS];

/* The functions one after the other, without a gap. */
static int place(void **state)
{
	(void)state;
	kill_ways__init(functions);
	for (size_t i = 0; i < KILL_WAYS_FUNCTIONS; i++) {
		functions[i].start = 0xffffffff81000000 + i * SIZE;
		functions[i].end = functions[i].start + SIZE;
	}
	return 0;
}

static uint64_t in(const char *name)
{
	for (size_t i = 0; i < KILL_WAYS_FUNCTIONS; i++) {
		if (!strcmp(functions[i].name, name))
			return functions[i].start + 0x10;
	}
	return ELSEWHERE;
}

static enum record_kill_way way_of(const char *first, const char *second, const char *third)
{
	const __u64 frames[] = { ELSEWHERE, in(first), in(second), in(third) };

	return kill_ways__of(functions, frames, 4);
}

static void test_ways(void **state)
{
	(void)state;
	assert_int_equal(way_of("kill_pid_info", "kill_something_info", "__x64_sys_kill"), KILL_WAY_KILL);
	assert_int_equal(way_of("kill_pid_info", "__do_sys_pidfd_send_signal", "do_syscall_64"),
			 KILL_WAY_KILL);
	assert_int_equal(way_of("do_send_sig_info", "__cgroup_kill", "cgroup_kill_write"),
			 KILL_WAY_CGROUP_KILL);
	assert_int_equal(way_of("group_send_sig_info", "zap_pid_ns_processes", "do_exit"),
			 KILL_WAY_PID_NAMESPACE);
	assert_int_equal(way_of("group_send_sig_info", "do_exit", "do_group_exit"), KILL_WAY_PARENT_DEATH);
	assert_int_equal(way_of("posix_cpu_timers_work", "task_work_run", ""), KILL_WAY_RLIMIT);
	assert_int_equal(way_of("do_send_sig_info", "__oom_kill_process", ""), KILL_WAY_OOM_KILLER);
	assert_int_equal(way_of("force_sig_info_to_task", "", ""), KILL_WAY_UNKNOWN);
}

/* What interrupts another's way is the innermost. */
static void test_interrupted(void **state)
{
	(void)state;
	assert_int_equal(way_of("posix_timer_fn", "do_exit", ""), KILL_WAY_TIMER);
	assert_int_equal(way_of("posix_timer_fn", "kill_something_info", ""), KILL_WAY_TIMER);
}

/* A frame is where a call returns to: behind the last instruction of a function that ends with a call. */
static void test_edges(void **state)
{
	__u64 frame = functions[1].end;

	(void)state;
	assert_int_equal(kill_ways__of(functions, &frame, 1), KILL_WAY_OOM_KILLER);
	frame = functions[1].start;
	assert_int_equal(kill_ways__of(functions, &frame, 1), KILL_WAY_TIMER); /* the one before ends there */
	frame = functions[0].start;
	assert_int_equal(kill_ways__of(functions, &frame, 1), KILL_WAY_UNKNOWN);
}

/* Where the kernel hides its addresses, and of a function that it doesn't have. */
static void test_unknown_places(void **state)
{
	struct kallsyms_range hidden[KILL_WAYS_FUNCTIONS];
	const __u64 frames[] = { 0, 1, ELSEWHERE, UINT64_MAX };

	(void)state;
	kill_ways__init(hidden);
	assert_int_equal(kill_ways__of(hidden, frames, 4), KILL_WAY_UNKNOWN);
	assert_int_equal(kill_ways__of(functions, frames, 0), KILL_WAY_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_unknown_places),
	};

	return cmocka_run_group_tests(tests, place, NULL);
}
