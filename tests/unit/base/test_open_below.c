// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/open_below.h"

static char folder[] = "/tmp/oomtrace-below-XXXXXX";
static int dir_fd;

static int set_up(void **state)
{
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	dir_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir_fd >= 0);
	assert_int_equal(mkdirat(dir_fd, "a", 0700), 0);
	assert_int_equal(mkdirat(dir_fd, "a/b", 0700), 0);
	fd = openat(dir_fd, "a/b/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(symlinkat("b", dir_fd, "a/to-folder"), 0);
	assert_int_equal(symlinkat("file", dir_fd, "a/b/to-file"), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlinkat(dir_fd, "a/b/to-file", 0);
	unlinkat(dir_fd, "a/b/file", 0);
	unlinkat(dir_fd, "a/to-folder", 0);
	unlinkat(dir_fd, "a/b", AT_REMOVEDIR);
	unlinkat(dir_fd, "a", AT_REMOVEDIR);
	close(dir_fd);
	return rmdir(folder);
}

/* 0 or a negative errno. */
static int try_open(int from, const char *path, int flags, bool one_mount)
{
	int fd = open_below__open(from, path, flags, one_mount);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void what_is_there(void **state)
{
	char byte;
	int fd = open_below__open(dir_fd, "a/b/file", O_RDONLY, true);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(read(fd, &byte, 1), 1);
	close(fd);
	assert_int_equal(try_open(dir_fd, "a", O_PATH | O_DIRECTORY, true), 0);
	assert_int_equal(try_open(dir_fd, "a//b/./file", O_RDONLY, true), 0);
	assert_int_equal(try_open(dir_fd, "a/b/file", O_PATH | O_DIRECTORY, true), -ENOTDIR);
	assert_int_equal(try_open(dir_fd, "a/c/file", O_RDONLY, true), -ENOENT);
	assert_int_equal(try_open(dir_fd, "a/", O_RDONLY, true), -ENOENT);
}

static void no_link(void **state)
{
	(void)state;
	assert_int_equal(try_open(dir_fd, "a/to-folder/file", O_RDONLY, true), -ENOTDIR);
	assert_int_equal(try_open(dir_fd, "a/to-folder", O_RDONLY, true), -ELOOP);
	assert_int_equal(try_open(dir_fd, "a/b/to-file", O_RDONLY, false), -ELOOP);
	assert_int_equal(try_open(dir_fd, "a/b/to-file", O_PATH, false), -ELOOP);
}

static void not_out_of_it(void **state)
{
	(void)state;
	assert_int_equal(try_open(dir_fd, "a/../a/b/file", O_RDONLY, true), -EXDEV);
	assert_int_equal(try_open(dir_fd, "a/..", O_RDONLY, false), -EXDEV);
	assert_int_equal(try_open(dir_fd, folder, O_RDONLY, true), -EXDEV);
	assert_int_equal(try_open(dir_fd, "", O_RDONLY, true), -EXDEV);
}

static void one_mount(void **state)
{
	int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(top >= 0);
	assert_int_equal(try_open(top, "proc/version", O_RDONLY, false), 0);
	assert_int_equal(try_open(top, "proc/version", O_RDONLY, true), -EXDEV);
	assert_int_equal(try_open(top, "proc", O_PATH | O_DIRECTORY, true), -EXDEV);
	close(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there),
		cmocka_unit_test(no_link),
		cmocka_unit_test(not_out_of_it),
		cmocka_unit_test(one_mount),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
