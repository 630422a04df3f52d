// SPDX-License-Identifier: GPL-2.0-only
/* Each test confines a child: there is no way back. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/landlock.h"

#define NO_LANDLOCK 77

static char folder[] = "/tmp/oomtrace-landlock-XXXXXX";
static char other[] = "/tmp/oomtrace-landlock-XXXXXX";

/* 0, or the errno with which it can't be opened. */
static int try_open(const char *dir, const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* Runs it in a child that may read /proc and write in `folder`. It returns the line that is wrong, or 0. */
static void check_confined(int (*check)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		const struct landlock_place places[] = {
			{ "/proc", false }, { folder, true }, { "/nosuch/place", true }, { "/dev/null", true }
		};
		int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
				  ? -errno
				  : landlock__confine(places, ARRAY_SIZE(places));

		if (err == -EOPNOTSUPP)
			_exit(NO_LANDLOCK);
		_exit(err ? 1 : check());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_LANDLOCK) {
		print_message("SKIP: this kernel has no Landlock, or it is off\n");
		skip();
	}
	if (WEXITSTATUS(status))
		fail_msg("the check in line %d of the child", WEXITSTATUS(status));
}

#define WANT(condition)                  \
	do {                             \
		if (!(condition))        \
			return __LINE__; \
	} while (0)

static int check_what_is_left(void)
{
	WANT(!try_open("/proc/self", "stat", O_RDONLY));
	WANT(!try_open(folder, "new", O_WRONLY | O_CREAT | O_EXCL));
	WANT(!try_open(folder, "new", O_RDONLY));
	WANT(!try_open("/dev", "null", O_WRONLY));
	return 0;
}

static int check_what_is_gone(void)
{
	WANT(try_open("/etc", "passwd", O_RDONLY) == EACCES);
	WANT(try_open(other, "file", O_RDONLY) == EACCES);
	WANT(try_open(other, "file", O_WRONLY) == EACCES);
	WANT(try_open(other, "new", O_WRONLY | O_CREAT) == EACCES);
	WANT(try_open("/proc/self", "oom_score_adj", O_WRONLY) == EACCES);
	WANT(try_open("/proc/self/root/etc", "passwd", O_RDONLY) == EACCES);
	WANT(execl("/bin/true", "true", NULL) < 0 && errno == EACCES);
	return 0;
}

static void test_what_is_left(void **state)
{
	(void)state;
	check_confined(check_what_is_left);
}

static void test_what_is_gone(void **state)
{
	(void)state;
	check_confined(check_what_is_gone);
}

static int make_folders(void **state)
{
	(void)state;
	return !mkdtemp(folder) || !mkdtemp(other) || try_open(other, "file", O_WRONLY | O_CREAT);
}

static int remove_folders(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/new", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/file", other);
	unlink(path);
	return rmdir(folder) || rmdir(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_left),
		cmocka_unit_test(test_what_is_gone),
	};

	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
