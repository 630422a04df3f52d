// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/temp_file.h"

static void without_a_name(void **state)
{
	char folder[] = "/tmp/oomtrace-temp-XXXXXX", text[8];
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	setenv("TMPDIR", folder, 1);
	assert_string_equal(temp_file__folder(), folder);
	file = temp_file__new();
	assert_non_null(file);
	/* Nothing is in the folder while it is written and read back. */
	assert_int_equal(rmdir(folder), 0);
	assert_true(fputs("abc\n", file) >= 0);
	rewind(file);
	assert_non_null(fgets(text, sizeof(text), file));
	assert_string_equal(text, "abc\n");
	fclose(file);
}

static void folders(void **state)
{
	(void)state;
	setenv("TMPDIR", "/nonexistent", 1);
	assert_null(temp_file__new());
	assert_int_equal(errno, ENOENT);
	setenv("TMPDIR", "", 1);
	assert_int_equal(access(temp_file__folder(), W_OK), 0);
	unsetenv("TMPDIR");
	assert_int_equal(access(temp_file__folder(), W_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_name),
		cmocka_unit_test(folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
