// SPDX-License-Identifier: GPL-2.0-only
/* Which cgroups have the most memory, in a folder that looks like a hierarchy. */
#define _GNU_SOURCE 1

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "host/largest_cgroups.h"

struct tree {
	struct cgroup__hierarchy h;
	struct largest_cgroups largest;
	char top[64];
};

static void put(struct tree *t, const char *path, unsigned int usage)
{
	char file[128], text[32];

	tree_add(&t->h, path);
	snprintf(file, sizeof(file), "%s/memory.current", path);
	snprintf(text, sizeof(text), "%u\n", usage);
	tree_put(&t->h, file, text);
}

static int make_tree(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	strcpy(t->top, "/tmp/oomtrace-test-XXXXXX");
	*state = t;
	if (!mkdtemp(t->top))
		return -1;
	t->h.version = 2;
	strcpy(t->h.root, "/");
	snprintf(t->h.mount, sizeof(t->h.mount), "%s/cgroup", t->top);
	tree_add(&t->h, "");
	return 0;
}

static int remove_tree(void **state)
{
	struct tree *t = *state;

	tree_remove(&t->h, "");
	rmdir(t->top);
	free(t);
	return 0;
}

/* What is above others isn't there; one whose children have no memory controller is. */
static void test_leaves(void **state)
{
	struct tree *t = *state;

	put(t, "/slice", 900);
	put(t, "/slice/a", 500);
	put(t, "/slice/b", 300);
	put(t, "/c", 400);
	tree_add(&t->h, "/c/threads");
	tree_add(&t->h, "/none");
	largest_cgroups__read(&t->h, UINT64_MAX, &t->largest);
	assert_int_equal(t->largest.count, 3);
	assert_int_equal(t->largest.looked_at, 3);
	assert_false(t->largest.cut);
	assert_string_equal(t->largest.list[0].path, "/slice/a");
	assert_string_equal(t->largest.list[1].path, "/c");
	assert_int_equal(t->largest.list[1].usage_bytes, 400);
	assert_string_equal(t->largest.list[2].path, "/slice/b");
}

/* The ten largest of many, in order. */
static void test_many(void **state)
{
	struct tree *t = *state;
	char path[32];

	for (unsigned int i = 0; i < 37; i++) {
		snprintf(path, sizeof(path), "/g%u", i);
		put(t, path, (i * 7 % 37) * 10);
	}
	largest_cgroups__read(&t->h, UINT64_MAX, &t->largest);
	assert_int_equal(t->largest.count, LARGEST_CGROUPS_MAX);
	assert_int_equal(t->largest.looked_at, 37);
	for (unsigned int i = 0; i < LARGEST_CGROUPS_MAX; i++)
		assert_int_equal(t->largest.list[i].usage_bytes, (36 - i) * 10);
}

/* No time is left, or it is cgroup v1. */
static void test_not_read(void **state)
{
	struct tree *t = *state;

	put(t, "/a", 5);
	largest_cgroups__read(&t->h, 0, &t->largest);
	assert_int_equal(t->largest.count, 0);
	assert_true(t->largest.cut);
	t->h.version = 1;
	largest_cgroups__read(&t->h, UINT64_MAX, &t->largest);
	assert_int_equal(t->largest.count, 0);
	assert_int_equal(t->largest.looked_at, 0);
	t->h.version = 2;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_leaves, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(test_many, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(test_not_read, make_tree, remove_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
