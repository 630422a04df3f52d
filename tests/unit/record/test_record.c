// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <string.h>

#include <cmocka.h>

#include "record/record.h"
#include "record/record_killer.h"

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

/* All that was lent is the copy's own, and a command line that has no room is said to be cut. */
static void copied_killers(void **state)
{
	static struct record_killer_copy copy;
	static char cmdline[sizeof(copy.cmdline) + 1];
	char lent[] = "lent";
	struct record_killer killer = {
		.way = KILL_WAY_KILL,
		.sender = { .pid = 7,
			    .comm = lent,
			    .parent_comm = lent,
			    .cgroup = lent,
			    .cmdline = lent,
			    .cmdline_len = sizeof(lent),
			    .container = { .name = lent } },
		.stop = { .signal = SIGTERM, .comm = lent },
	};
	const struct record_sender *sender = &copy.killer.sender;

	(void)state;
	record_killer__copy(&copy, &killer);
	memset(lent, 'x', sizeof(lent) - 1);
	assert_int_equal(sender->pid, 7);
	assert_string_equal(sender->comm, "lent");
	assert_string_equal(sender->parent_comm, "lent");
	assert_string_equal(sender->cgroup, "lent");
	assert_string_equal(sender->container.name, "lent");
	assert_string_equal(copy.killer.stop.comm, "lent");
	assert_int_equal(sender->cmdline_len, sizeof(lent));
	assert_memory_equal(sender->cmdline, "lent", sizeof(lent));
	assert_false(sender->cmdline_cut);
	killer = (struct record_killer){ .sender = { .cmdline = cmdline, .cmdline_len = sizeof(cmdline) } };
	record_killer__copy(&copy, &killer);
	assert_null(sender->comm);
	assert_null(copy.killer.stop.comm);
	assert_int_equal(sender->cmdline_len, sizeof(copy.cmdline));
	assert_true(sender->cmdline_cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_was_killed),
		cmocka_unit_test(exit_codes),
		cmocka_unit_test(copied_killers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
