// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "host/cgroup_limits.h"

static struct cgroup__hierarchy h;

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	tree_add(&h, "/a");
	tree_add(&h, "/a/b");
	tree_add(&h, "/a/b/c");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	tree_remove(&h, "");
	return 0;
}

static void check(const char *path, uint64_t want, const char *whose)
{
	uint64_t bytes = 42;
	char got[64] = "?";

	assert_int_equal(cgroup_limits__lowest(&h, path, &bytes, got, sizeof(got)), 0);
	assert_true(bytes == want);
	assert_string_equal(got, whose);
}

static void none(void **state)
{
	(void)state;
	check("/a/b/c", UINT64_MAX, "");
	tree_put(&h, "/a/memory.max", "max\n");
	check("/a/b/c", UINT64_MAX, "");
	check("/", UINT64_MAX, "");
}

/* It may be anybody's on the way up; of two that are equal, the nearest. */
static void the_lowest_on_the_way(void **state)
{
	(void)state;
	tree_put(&h, "/a/memory.max", "8192\n");
	check("/a/b/c", 8192, "/a");
	tree_put(&h, "/a/b/c/memory.max", "8192\n");
	check("/a/b/c", 8192, "/a/b/c");
	tree_put(&h, "/a/b/memory.max", "4096\n");
	check("/a/b/c", 4096, "/a/b");
	check("/a", 8192, "/a");
}

static void errors(void **state)
{
	uint64_t bytes;
	char whose[7];

	(void)state;
	assert_int_equal(cgroup_limits__lowest(&h, "/none", &bytes, whose, sizeof(whose)), -ENOENT);
	assert_int_equal(cgroup_limits__lowest(&h, "/a/b/c", &bytes, whose, 6), -ENAMETOOLONG);
	assert_int_equal(cgroup_limits__lowest(&h, "/a/b/c", &bytes, whose, 7), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(none, make, unmake),
		cmocka_unit_test_setup_teardown(the_lowest_on_the_way, make, unmake),
		cmocka_unit_test_setup_teardown(errors, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
