// SPDX-License-Identifier: GPL-2.0-only
/* Which cgroups are refused, before any file is written. Suite near-limit freezes real ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "service/hook_freezer.h"

static struct cgroup__hierarchy h = { .version = 2, .root = "/" };

static void put(const char *cgroup, const char *freeze)
{
	char path[PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", h.mount, cgroup);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/cgroup.freeze");
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(freeze, f);
	fclose(f);
}

static char frozen(const char *cgroup)
{
	char path[PATH_MAX + 64];
	FILE *f;
	int c;

	snprintf(path, sizeof(path), "%s%s/cgroup.freeze", h.mount, cgroup);
	f = fopen(path, "re");
	assert_non_null(f);
	c = fgetc(f);
	fclose(f);
	return (char)c;
}

static int make(void **state)
{
	(void)state;
	strcpy(h.mount, "/tmp/oomtrace-freezer-XXXXXX");
	if (!mkdtemp(h.mount))
		return -1;
	put("/a", "0\n");
	put("/a/b", "0\n");
	put("/a/b/c", "0\n");
	put("/a/bb", "0\n");
	put("/a/b/paused", "1\n");
	return 0;
}

static int unmake(void **state)
{
	char command[PATH_MAX + 64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", h.mount);
	return system(command);
}

static void test_refused(void **state)
{
	static const char *const not_below[] = { "",	    "/",	 "/a",	  "/a/bb",
						 "/a/b/..", "/a/b/../b", "/a//b", "/a/./b",
						 "/a/b/c/", "/a/b/../",	 "a/b",	  "/a/b/." };
	struct hook_freezer *freezer;
	int fd;

	(void)state;
	assert_int_equal(hook_freezer__start(&h, "/a/b", &freezer), 0);
	for (size_t i = 0; i < sizeof(not_below) / sizeof(*not_below); i++) {
		fd = hook_freezer__freeze(freezer, not_below[i]);
		if (fd != -EXDEV)
			fail_msg("'%s': %d", not_below[i], fd);
	}
	assert_int_equal(hook_freezer__freeze(freezer, "/a/b/gone"), -ENOENT);
	/* Who has frozen it will let it go. */
	assert_int_equal(hook_freezer__freeze(freezer, "/a/b/paused"), -EALREADY);
	fd = hook_freezer__freeze(freezer, "/a/b/c");
	assert_true(fd >= 0);
	assert_int_equal(frozen("/a/b/c"), '1');
	hook_freezer__thaw(freezer, fd);
	assert_int_equal(frozen("/a/b/c"), '0');
	hook_freezer__stop(freezer);
	assert_int_equal(frozen("/a/b/paused"), '1');
	assert_int_equal(frozen("/a"), '0');
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(test_refused, make, unmake) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
