// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cgroup_tree.h"
#include "target/subtree.h"

/* Each walk takes so long. */
static uint64_t walk_ns;

uint64_t clock__ns(clockid_t clock)
{
	static uint64_t now_ns;

	(void)clock;
	return now_ns += walk_ns;
}

static struct cgroup__hierarchy h;
static struct target target;

static uint64_t id_of(const char *path)
{
	int fd = cgroup__open(&h, path);
	uint64_t id = 0;

	assert_int_equal(cgroup__id(fd, &id), 0);
	close(fd);
	return id;
}

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	tree_add(&h, "/a");
	tree_add(&h, "/a/b");
	tree_add(&h, "/a/b/c");
	tree_add(&h, "/other");
	target = (struct target){ .cgroup = "/a", .cgroup_id = id_of("/a") };
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	tree_remove(&h, "");
	return 0;
}

static void below_the_target(void **state)
{
	struct subtree subtree = { &h, &target, 0 };
	char path[64] = "";

	(void)state;
	assert_true(subtree__path(&subtree, id_of("/a"), 1, path, sizeof(path)));
	assert_string_equal(path, "/a");
	assert_true(subtree__path(&subtree, id_of("/a/b/c"), 1, path, sizeof(path)));
	assert_string_equal(path, "/a/b/c");
}

/* Not in the target's subtree, or of nobody. */
static void elsewhere(void **state)
{
	struct subtree subtree = { &h, &target, 0 };
	struct target machine = { 0 };
	char path[64];

	(void)state;
	assert_false(subtree__path(&subtree, id_of("/other"), NS_PER_S, path, sizeof(path)));
	subtree.target = &machine;
	assert_false(subtree__path(&subtree, id_of("/a"), 2 * NS_PER_S, path, sizeof(path)));
}

/* Events of an unknown cgroup may come by the thousand: the tree is walked a few times a second. */
static void seldom(void **state)
{
	struct subtree subtree = { &h, &target, 0 };
	uint64_t c = id_of("/a/b/c");
	char path[64];

	(void)state;
	assert_false(subtree__path(&subtree, 1, NS_PER_S, path, sizeof(path)));
	assert_false(subtree__path(&subtree, c, NS_PER_S + 199 * NS_PER_MS, path, sizeof(path)));
	assert_true(subtree__path(&subtree, c, NS_PER_S + 200 * NS_PER_MS, path, sizeof(path)));
	/* The target's own path is known without a walk. */
	assert_true(
		subtree__path(&subtree, target.cgroup_id, NS_PER_S + 201 * NS_PER_MS, path, sizeof(path)));
}

/* A tree that takes long is walked the less often. */
static void a_large_tree(void **state)
{
	struct subtree subtree = { &h, &target, 0 };
	uint64_t c = id_of("/a/b/c");
	char path[64];

	(void)state;
	walk_ns = 3 * NS_PER_S;
	assert_false(subtree__path(&subtree, 1, NS_PER_S, path, sizeof(path)));
	walk_ns = 0;
	assert_false(subtree__path(&subtree, c, 30 * NS_PER_S, path, sizeof(path)));
	assert_true(subtree__path(&subtree, c, 31 * NS_PER_S, path, sizeof(path)));
}

static void no_room(void **state)
{
	struct subtree subtree = { &h, &target, 0 };
	char path[6];

	(void)state;
	assert_false(subtree__path(&subtree, id_of("/a/b/c"), 1, path, sizeof(path)));
	assert_false(subtree__path(&subtree, id_of("/a"), 1, path, 2));
	assert_true(subtree__path(&subtree, id_of("/a"), 1, path, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(below_the_target, make, unmake),
		cmocka_unit_test_setup_teardown(elsewhere, make, unmake),
		cmocka_unit_test_setup_teardown(seldom, make, unmake),
		cmocka_unit_test_setup_teardown(a_large_tree, make, unmake),
		cmocka_unit_test_setup_teardown(no_room, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
