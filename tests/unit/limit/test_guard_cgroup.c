// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "limit/guard_cgroup.h"

static struct cgroup__hierarchy h;

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	tree_remove(&h, "");
	return 0;
}

static bool is_there(void)
{
	char path[2 * PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/oomtrace-guard", h.mount);
	return !lstat(path, &st);
}

/* "0" is the writer itself. */
static void moves_itself(void **state)
{
	char path[2 * PATH_MAX], text[16] = "";
	int fd;

	(void)state;
	tree_add(&h, "/oomtrace-guard");
	tree_put(&h, "/oomtrace-guard/cgroup.procs", "");
	assert_int_equal(guard_cgroup__enter(h.mount), 0);
	snprintf(path, sizeof(path), "%s/oomtrace-guard/cgroup.procs", h.mount);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, text, sizeof(text)), 1);
	assert_string_equal(text, "0");
	close(fd);
}

/* On a file system that isn't the kernel's a new folder has no cgroup.procs: nothing is left behind. */
static void leaves_nothing(void **state)
{
	(void)state;
	assert_int_equal(guard_cgroup__enter(h.mount), -ENOENT);
	assert_false(is_there());
	assert_int_equal(guard_cgroup__enter("/nonexistent"), -ENOENT);
}

/* Where somebody else has made the name a link, the guard stays where it is. */
static void no_links(void **state)
{
	char path[2 * PATH_MAX];

	(void)state;
	tree_add(&h, "/other");
	tree_put(&h, "/other/cgroup.procs", "");
	snprintf(path, sizeof(path), "%s/oomtrace-guard", h.mount);
	assert_int_equal(symlink("other", path), 0);
	assert_int_equal(guard_cgroup__enter(h.mount), -ENOTDIR);
	assert_true(is_there());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(moves_itself, make, unmake),
		cmocka_unit_test_setup_teardown(leaves_nothing, make, unmake),
		cmocka_unit_test_setup_teardown(no_links, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
