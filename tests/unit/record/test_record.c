// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>

#include <cmocka.h>

#include "record/record.h"

/* A task that was exiting already was marked, but not killed. */
static void the_first_that_was_killed(void **state)
{
	const struct record_victim victims[] = {
		{ .pid = 1, .role = ROLE_EXITING },
		{ .pid = 2, .role = ROLE_EXITING },
		{ .pid = 3 },
		{ .pid = 4 },
	};
	struct record_oom oom = { .victims = victims, .victim_count = 4 };

	(void)state;
	assert_ptr_equal(record__first_killed(&oom), &victims[2]);
	oom.victim_count = 2;
	assert_null(record__first_killed(&oom));
	oom.victim_count = 0;
	assert_null(record__first_killed(&oom));
}

/* As a shell has it, and docker ps. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(record__exit_code(0), 0);
	assert_int_equal(record__exit_code(3 << 8), 3);
	assert_int_equal(record__exit_code(255 << 8), 255);
	assert_int_equal(record__exit_code(SIGKILL), 137);
	assert_int_equal(record__exit_code(SIGSEGV | 0x80), 139); /* with a core dump */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_was_killed),
		cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
