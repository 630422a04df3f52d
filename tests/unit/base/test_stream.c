// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/stream.h"
#include "base/temp_file.h"

/* More than any buffer: the error comes in the middle, and errno is something else when it is asked for. */
static void put_much(FILE *out)
{
	for (int i = 0; i < 100000; i++)
		fprintf(out, "%d\n", i);
	errno = 0;
}

static void test_first_error_is_kept(void **state)
{
	FILE *out = stream__new(open("/dev/full", O_WRONLY | O_CLOEXEC), "w");

	(void)state;
	assert_non_null(out);
	assert_int_equal(stream__error(out), 0);
	put_much(out);
	assert_int_equal(stream__error(out), -ENOSPC);
	assert_int_equal(stream__flush(out), -ENOSPC);
	assert_int_equal(stream__close(out), -ENOSPC);
}

static void test_reader_has_gone(void **state)
{
	FILE *out;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	out = stream__new(ends[1], "w");
	fputs("x", out);
	assert_int_equal(stream__flush(out), -EPIPE);
	put_much(out);
	assert_int_equal(stream__close(out), -EPIPE);
}

static void test_other_streams_have_errors_too(void **state)
{
	FILE *out = fopen("/dev/full", "we");

	(void)state;
	fputs("x", out);
	assert_int_equal(stream__flush(out), -ENOSPC);
	assert_int_equal(stream__error(out), -EIO);
	fclose(out);
	assert_int_equal(stream__close(NULL), 0);
}

static void test_temporary_file_is_read_back(void **state)
{
	FILE *file;
	char line[16];

	(void)state;
	assert_int_equal(unsetenv("TMPDIR"), 0);
	file = temp_file__new();
	assert_non_null(file);
	put_much(file);
	assert_int_equal(stream__flush(file), 0);
	rewind(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "0\n");
	assert_int_equal(fseek(file, -6, SEEK_END), 0);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "99999\n");
	assert_int_equal(stream__close(file), 0);
}

static void test_temporary_folder(void **state)
{
	(void)state;
	assert_int_equal(setenv("TMPDIR", "/nowhere", 1), 0);
	assert_string_equal(temp_file__folder(), "/nowhere");
	assert_null(temp_file__new());
	assert_int_equal(errno, ENOENT);
	assert_int_equal(setenv("TMPDIR", "", 1), 0);
	assert_string_equal(temp_file__folder(), access("/var/tmp", W_OK) ? "/tmp" : "/var/tmp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_error_is_kept),
		cmocka_unit_test(test_reader_has_gone),
		cmocka_unit_test(test_other_streams_have_errors_too),
		cmocka_unit_test(test_temporary_file_is_read_back),
		cmocka_unit_test(test_temporary_folder),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
