// SPDX-License-Identifier: GPL-2.0-only
/* Sums of memory.events, from files that are as the kernel's. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "trace/kernel_events.h"

/* A file with this text; closed by the caller. */
static int file(const char *text)
{
	int fd = memfd_create("events", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void assert_sum(const struct kernel_events *events, uint64_t max, uint64_t oom, uint64_t kill)
{
	struct record_kernel_events sum;

	assert_true(kernel_events__sum(events, &sum));
	assert_int_equal(sum.max, max);
	assert_int_equal(sum.oom, oom);
	assert_int_equal(sum.oom_kill, kill);
}

/* The second is of a target that came back: all that it has counts. When it is gone nothing is forgotten. */
static void test_two_cgroups(void **state)
{
	int first = file("low 0\nhigh 9\nmax 10\noom 5\noom_kill 2\noom_group_kill 1\n");
	int later = file("low 0\nhigh 9\nmax 110\noom 8\noom_kill 3\noom_group_kill 1\n");
	int second = file("low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 1\n");
	struct kernel_events events = {};
	struct record_kernel_events sum;

	(void)state;
	assert_false(kernel_events__sum(&events, &sum));
	kernel_events__begin(&events, first, false);
	assert_sum(&events, 0, 0, 0);
	kernel_events__look(&events, later);
	assert_sum(&events, 100, 3, 1);
	kernel_events__begin(&events, second, true);
	assert_sum(&events, 107, 5, 2);
	assert_true(kernel_events__sum(&events, &sum) && sum.whole);
	kernel_events__look(&events, -1);
	assert_true(kernel_events__sum(&events, &sum) && !sum.whole);
	assert_sum(&events, 107, 5, 2);
	assert_true(kernel_events__sum(&events, &sum));
	assert_int_equal(sum.oom_group_kill, 1);
	assert_true(sum.has_group_kill);
	close(first);
	close(later);
	close(second);
}

/* 5.10 has no oom_group_kill; v1 has another file, with none of it. */
static void test_older(void **state)
{
	int old = file("low 0\nhigh 0\nmax 4\noom 1\noom_kill 1\n");
	int v1 = file("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
	struct kernel_events events = {};
	struct record_kernel_events sum;

	(void)state;
	kernel_events__begin(&events, v1, true);
	assert_false(kernel_events__sum(&events, &sum));
	kernel_events__begin(&events, old, true);
	assert_sum(&events, 4, 1, 1);
	assert_true(kernel_events__sum(&events, &sum));
	assert_false(sum.has_group_kill);
	close(old);
	close(v1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_cgroups),
		cmocka_unit_test(test_older),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
