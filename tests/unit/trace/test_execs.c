// SPDX-License-Identifier: GPL-2.0-only
/* Whose command line is found among the programs that were executed last. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trace/execs.h"

static struct exec_entry entries[EXECS_MAX];
static const struct program program = { .exe = 0xffff888000001000, .arg_start = 0x7ffc00000010 };

static void put(size_t slot, uint64_t number, const char *bytes)
{
	struct exec_entry *entry = &entries[slot];

	entry->program = program;
	entry->number = number;
	entry->cmdline.len = strlen(bytes) + 1;
	snprintf(entry->cmdline.bytes, sizeof(entry->cmdline.bytes), "%s", bytes);
}

static int begin(void **state)
{
	(void)state;
	memset(entries, 0, sizeof(entries));
	return 0;
}

/* Slots are written in any order, and the address of a file that was closed may be another's. */
static void test_latest(void **state)
{
	struct cmdline_entry found;

	(void)state;
	put(EXECS_MAX - 1, 7, "first");
	put(3, 9, "last");
	put(40, 8, "between");
	assert_int_equal(execs__find(entries, &program, &found), 0);
	assert_string_equal(found.bytes, "last");
}

static void test_another(void **state)
{
	struct program other = program;
	struct cmdline_entry found;

	(void)state;
	assert_int_equal(execs__find(entries, &program, &found), -ENOENT);
	put(0, 1, "it");
	other.arg_start += 8;
	assert_int_equal(execs__find(entries, &other, &found), -ENOENT);
	other = program;
	other.exe += 8;
	assert_int_equal(execs__find(entries, &other, &found), -ENOENT);
	entries[0].program.exe = 0; /* is being written */
	assert_int_equal(execs__find(entries, &program, &found), -ENOENT);
}

/* Its arguments were swapped out; or its length is none. The one before isn't taken for it. */
static void test_unknown(void **state)
{
	struct cmdline_entry found;

	(void)state;
	put(5, 2, "of the one before");
	put(6, 3, "it");
	entries[6].cmdline.len = 0;
	assert_int_equal(execs__find(entries, &program, &found), -ENOENT);
	entries[6].cmdline.len = sizeof(found.bytes) + 1;
	assert_int_equal(execs__find(entries, &program, &found), -ENOENT);
	entries[6].cmdline.len = 3;
	assert_int_equal(execs__find(entries, &program, &found), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_latest, begin),
		cmocka_unit_test_setup(test_another, begin),
		cmocka_unit_test_setup(test_unknown, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
