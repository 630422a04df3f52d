// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/clock.h"
#include "host/cmdline_reader.h"
#include "host/proc.h"

#define LONG_NS (600 * NS_PER_S) /* a busy machine doesn't get there */

/* Processes by what reading them does. */
enum { HANGS = 1000, DIES = 2000, GONE = 3000 };

static int fake(uint32_t pid, struct cmdline_entry *out)
{
	if (pid >= GONE)
		return -ESRCH;
	if (pid >= DIES)
		_exit(1);
	if (pid >= HANGS) {
		for (;;)
			pause();
	}
	out->start_ns = pid;
	out->len = (uint32_t)sprintf(out->bytes, "process %u", pid);
	return 0;
}

struct seen {
	uint32_t pids[16];
	size_t count;
};

static void on_entry(void *ctx, uint32_t pid, const struct cmdline_entry *entry)
{
	struct seen *seen = ctx;
	char expected[32];

	assert_true(seen->count < ARRAY_SIZE(seen->pids));
	seen->pids[seen->count++] = pid;
	assert_int_equal(entry->start_ns, pid);
	assert_int_equal(entry->len, sprintf(expected, "process %u", pid));
	assert_memory_equal(entry->bytes, expected, entry->len);
}

static void all_are_read(void **state)
{
	static const struct cmdline_reader_limits limits = { LONG_NS, LONG_NS };
	static const uint32_t pids[] = { 1, GONE, 3, GONE + 1 };
	struct seen seen = {};

	(void)state;
	assert_int_equal(cmdline_reader__read(pids, 4, &limits, fake, on_entry, &seen), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.pids[0], 1);
	assert_int_equal(seen.pids[1], 3);
	assert_int_equal(cmdline_reader__read(NULL, 0, &limits, fake, on_entry, &seen), 0);
	assert_int_equal(seen.count, 2);
}

static void one_that_hangs_is_left_out(void **state)
{
	static const struct cmdline_reader_limits limits = { 2 * NS_PER_S, LONG_NS };
	static const uint32_t pids[] = { 1, HANGS, 3, GONE, HANGS + 1, 6, HANGS + 2 };
	struct seen seen = {};

	(void)state;
	assert_int_equal(cmdline_reader__read(pids, 7, &limits, fake, on_entry, &seen), 3);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.pids[1], 3);
	assert_int_equal(seen.pids[2], 6);
}

static void the_time_is_limited(void **state)
{
	static const struct cmdline_reader_limits limits = { LONG_NS, NS_PER_S };
	static const uint32_t pids[] = { 1, HANGS, 3, 4 };
	struct seen seen = {};
	int left_out;

	(void)state;
	left_out = cmdline_reader__read(pids, 4, &limits, fake, on_entry, &seen);
	/* That one and those behind it; not even the first, where there are no processors to be had. */
	assert_int_equal(left_out, 4 - (int)seen.count);
	assert_true(seen.count <= 1);
}

static void a_reader_that_dies_is_replaced(void **state)
{
	static const struct cmdline_reader_limits limits = { LONG_NS, LONG_NS };
	static const uint32_t pids[] = { 1, DIES, 3 };
	uint32_t deadly[100];
	struct seen seen = {};

	(void)state;
	assert_int_equal(cmdline_reader__read(pids, 3, &limits, fake, on_entry, &seen), 1);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.pids[1], 3);
	/* But not for ever. */
	for (size_t i = 0; i < ARRAY_SIZE(deadly); i++)
		deadly[i] = DIES;
	assert_int_equal(cmdline_reader__read(deadly, 100, &limits, fake, on_entry, &seen), 100);
	assert_int_equal(seen.count, 2);
}

static void on_own(void *ctx, uint32_t pid, const struct cmdline_entry *entry)
{
	assert_int_equal(pid, getpid());
	assert_true(entry->len > 0);
	*(bool *)ctx = true;
}

static void real_processes(void **state)
{
	static const struct cmdline_reader_limits limits = { LONG_NS, LONG_NS };
	const uint32_t pids[] = { (uint32_t)getpid(), UINT32_MAX };
	struct cmdline_entry entry;
	bool seen = false;

	(void)state;
	if (proc__cmdline(pids[0], &entry))
		skip(); /* swapped out, or /proc isn't to be read */
	assert_int_equal(cmdline_reader__read(pids, 2, &limits, proc__cmdline, on_own, &seen), 0);
	assert_true(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_read),	       cmocka_unit_test(one_that_hangs_is_left_out),
		cmocka_unit_test(the_time_is_limited), cmocka_unit_test(a_reader_that_dies_is_replaced),
		cmocka_unit_test(real_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
