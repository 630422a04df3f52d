// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "limit/predict.h"

static struct cgroup__hierarchy h;

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	tree_add(&h, "/a");
	tree_put(&h, "/a/memory.current", "1000000\n");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	tree_remove(&h, "");
	return 0;
}

static struct prediction predict(void)
{
	struct prediction p = { 0 };
	int dir_fd = cgroup__open(&h, "/a");

	assert_true(dir_fd >= 0);
	assert_int_equal(predict__floor(dir_fd, &p), 0);
	close(dir_fd);
	assert_true(p.usage_bytes == 1000000);
	assert_true(p.reclaimable_bytes + p.floor_bytes == p.usage_bytes);
	return p;
}

/* Page cache and slab caches can go; shmem and locked pages are on other lists. */
static void caches_can_go(void **state)
{
	(void)state;
	tree_put(&h, "/a/memory.stat",
		 "anon 400000\nfile 900000\nshmem 200000\nactive_anon 100000\ninactive_anon 300000\n"
		 "active_file 10000\ninactive_file 2000\nunevictable 5000\nslab_reclaimable 300\n"
		 "slab_unreclaimable 70000\n");
	assert_true(predict().reclaimable_bytes == 12300);
}

/* There is no swap for the cgroup, whatever the machine has. */
static void anonymous_memory_stays(void **state)
{
	(void)state;
	tree_put(&h, "/a/memory.stat", "active_anon 500000\ninactive_anon 400000\n");
	assert_true(predict().floor_bytes == 1000000);
	tree_put(&h, "/a/memory.swap.max", "0\n");
	tree_put(&h, "/a/memory.swap.current", "0\n");
	assert_true(predict().floor_bytes == 1000000);
	/* It was lowered below what is in use. */
	tree_put(&h, "/a/memory.swap.max", "4096\n");
	tree_put(&h, "/a/memory.swap.current", "8192\n");
	assert_true(predict().floor_bytes == 1000000);
}

/* The counters of each CPU lag behind: they may say more than there is. */
static void no_less_than_nothing(void **state)
{
	(void)state;
	tree_put(&h, "/a/memory.stat", "inactive_file 1500000\n");
	assert_true(predict().floor_bytes == 0);
}

/* What isn't told can't go. */
static void without_statistics(void **state)
{
	(void)state;
	assert_true(predict().floor_bytes == 1000000);
}

static void a_cgroup_that_is_gone(void **state)
{
	struct prediction p = { .floor_bytes = 42 };
	int dir_fd = cgroup__open(&h, "/a");

	(void)state;
	tree_remove(&h, "/a/memory.current");
	assert_int_equal(predict__floor(dir_fd, &p), -ENOENT);
	assert_true(p.floor_bytes == 42);
	close(dir_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(caches_can_go, make, unmake),
		cmocka_unit_test_setup_teardown(anonymous_memory_stays, make, unmake),
		cmocka_unit_test_setup_teardown(no_less_than_nothing, make, unmake),
		cmocka_unit_test_setup_teardown(without_statistics, make, unmake),
		cmocka_unit_test_setup_teardown(a_cgroup_that_is_gone, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
