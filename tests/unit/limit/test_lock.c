// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "limit/lock.h"

#define NOBODY 65534

static char base[] = "/tmp/oomtrace-lock-XXXXXX";
static uint64_t id; /* no cgroup of this machine has it */

static const char *path_of(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/oomtrace%s", base, name);
	return path;
}

static const char *lock_path(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/limit-%" PRIu64 ".lock", id);
	return path_of(name);
}

static int make(void **state)
{
	(void)state;
	id = (uint64_t)getpid() << 32 | 7;
	if (!mkdtemp(base) || setenv("XDG_RUNTIME_DIR", base, 1))
		return -1;
	/* Root's locks are in /run, where an oomtrace of this machine may have its own. */
	return geteuid() ? 0 : chown(base, NOBODY, NOBODY) || seteuid(NOBODY);
}

static int unmake(void **state)
{
	(void)state;
	lock__remove(id);
	lock__remove(id + 1);
	return rmdir(path_of("")) || rmdir(base) || (!getuid() && seteuid(0));
}

static void one_holds_it(void **state)
{
	int first = lock__take(id), other, copy;

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(lock__take(id), -EWOULDBLOCK);
	other = lock__take(id + 1);
	assert_true(other >= 0);
	close(other);
	/* A copy, as the guard has one, holds it too. */
	copy = dup(first);
	close(first);
	assert_int_equal(lock__take(id), -EWOULDBLOCK);
	close(copy);
	first = lock__take(id);
	assert_true(first >= 0);
	close(first);
}

static void its_file_goes(void **state)
{
	int fd = lock__take(id), next;
	struct stat st;

	(void)state;
	assert_int_equal(stat(lock_path(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	lock__remove(id);
	assert_int_equal(stat(lock_path(), &st), -1);
	/* Whoever still holds the old file keeps nobody out. */
	next = lock__take(id);
	assert_true(next >= 0);
	close(fd);
	assert_int_equal(lock__take(id), -EWOULDBLOCK);
	close(next);
}

/* Somebody who may write there could make us lock, or create, another file. */
static void no_links(void **state)
{
	(void)state;
	lock__remove(id);
	assert_int_equal(symlink("/etc/passwd", lock_path()), 0);
	assert_int_equal(lock__take(id), -ELOOP);
	lock__remove(id);
}

static void a_folder_of_all(void **state)
{
	struct stat before;

	(void)state;
	close(lock__take(id));
	assert_int_equal(stat(path_of(""), &before), 0);
	assert_int_equal(before.st_mode & 0777, 0700);
	assert_int_equal(chmod(path_of(""), 0777), 0);
	assert_int_equal(lock__take(id), -EPERM);
	assert_int_equal(chmod(path_of(""), 0700), 0);
}

static void no_folder(void **state)
{
	(void)state;
	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(lock__take(id), -ENOENT);
	setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	assert_int_equal(lock__take(id), -ENOENT);
	setenv("XDG_RUNTIME_DIR", base, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_holds_it), cmocka_unit_test(its_file_goes),
		cmocka_unit_test(no_links),	cmocka_unit_test(a_folder_of_all),
		cmocka_unit_test(no_folder),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
