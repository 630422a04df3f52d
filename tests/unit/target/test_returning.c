// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "target/returning.h"

static struct cgroup__hierarchy h;
static struct target target;
static struct returning returning;
static struct resolve_result resolved;
static char path[PATH_MAX];

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	tree_add(&h, "/services");
	tree_add(&h, "/services/web");
	target = (struct target){ .dir_fd = -1, .events_fd = -1 };
	if (target__reopen(&target, &h, "/services/web"))
		return -1;
	returning = (struct returning){ .target = &target, .hierarchy = &h };
	returning__begin(&returning);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	returning__end(&returning);
	target__close(&target);
	tree_remove(&h, "");
	return 0;
}

static bool take(void)
{
	return returning__is_back(&returning, 1, &resolved, path) &&
	       !returning__take(&returning, &resolved, path);
}

static void comes_back(void **state)
{
	uint64_t before = target.cgroup_id;

	(void)state;
	tree_remove(&h, "/services/web");
	assert_false(take());
	tree_add(&h, "/services/web");
	assert_true(take());
	assert_string_equal(target.cgroup, "/services/web");
	assert_int_equal(returning.missed, 0);
	assert_true(target.cgroup_id != 0 && before != 0);
}

/* A run that was over before anybody looked is counted, by what the kernel says was made. */
static void missed_runs(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		tree_remove(&h, "/services/web");
		tree_add(&h, "/services/web");
		if (!i)
			tree_add(&h, "/services/other");
	}
	assert_true(take());
	assert_int_equal(returning.missed, 2);
	tree_remove(&h, "/services/web");
	tree_add(&h, "/services/web");
	assert_true(take());
	assert_int_equal(returning.missed, 2);
}

/* It is there before the kernel's word of it has been read, which is no word of another run. */
static void found_before_it_was_heard_of(void **state)
{
	(void)state;
	tree_remove(&h, "/services/web");
	tree_add(&h, "/services/web");
	assert_int_equal(returning__take(&returning, &resolved, "/services/web"), 0);
	tree_remove(&h, "/services/web");
	tree_add(&h, "/services/web");
	assert_true(take());
	assert_int_equal(returning.missed, 0);
}

/* Somebody makes and removes others beside it, until the kernel has no room for its news. */
static void a_flood_beside_it(void **state)
{
	char flood[PATH_MAX + 64];

	(void)state;
	snprintf(flood, sizeof(flood), "%s/services/flood", h.mount);
	tree_remove(&h, "/services/web");
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(mkdir(flood, 0700), 0);
		assert_int_equal(rmdir(flood), 0);
	}
	tree_add(&h, "/services/web");
	assert_true(take());
	/* Each call leaves off; in the end all is read. */
	for (int i = 0; i < 10; i++)
		returning__drain(&returning);
	for (int i = 0; i < 2; i++) {
		tree_remove(&h, "/services/web");
		tree_add(&h, "/services/web");
	}
	assert_true(take());
	assert_int_equal(returning.missed, 1);
}

/* The folder above goes, too, and is another one then. */
static void another_parent(void **state)
{
	(void)state;
	tree_remove(&h, "/services");
	assert_false(take());
	tree_add(&h, "/services");
	tree_add(&h, "/services/web");
	assert_true(take());
	assert_int_equal(returning.missed, 0);
	tree_remove(&h, "/services/web");
	tree_add(&h, "/services/web");
	tree_remove(&h, "/services/web");
	tree_add(&h, "/services/web");
	assert_true(take());
	assert_int_equal(returning.missed, 1);
}

/* With the pids of the machine, or of its pod, no process of a container is a first one: it is the one that others made. */
static void a_first_process_without_a_namespace(void **state)
{
	char text[32];
	int tries = 0;

	(void)state;
	tree_remove(&h, "/services/web");
	tree_add(&h, "/services/web");
	assert_true(take());
	snprintf(text, sizeof(text), "%d\n", getpid());
	tree_put(&h, "/services/web/cgroup.procs", text);
	/* What is no container's has none. */
	assert_false(returning__find_init(&returning));
	target.container.ref.runtime = CONTAINER__CONTAINERD;
	returning.init_tries = 0;
	/* The first looks may see what makes the container. */
	while (!returning__find_init(&returning))
		assert_true(++tries < 20);
	assert_in_range(tries, 5, 20);
	assert_int_equal(target.init_pid, getpid());
	tree_remove(&h, "/services/web/cgroup.procs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(comes_back, make, unmake),
		cmocka_unit_test_setup_teardown(missed_runs, make, unmake),
		cmocka_unit_test_setup_teardown(found_before_it_was_heard_of, make, unmake),
		cmocka_unit_test_setup_teardown(a_flood_beside_it, make, unmake),
		cmocka_unit_test_setup_teardown(another_parent, make, unmake),
		cmocka_unit_test_setup_teardown(a_first_process_without_a_namespace, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
