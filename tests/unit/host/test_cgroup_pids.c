// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "host/cgroup_pids.h"

static struct cgroup__hierarchy h;

struct seen {
	uint32_t pids[8];
	size_t count, wanted;
};

static bool note(void *ctx, uint32_t pid)
{
	struct seen *s = ctx;

	assert_true(s->count < s->wanted);
	s->pids[s->count++] = pid;
	return s->count < s->wanted;
}

static struct seen read_pids(const char *cgroup, size_t wanted)
{
	struct seen s = { .wanted = wanted };
	int fd = cgroup__open(&h, cgroup);

	assert_true(fd >= 0);
	cgroup_pids__each(fd, note, &s);
	close(fd);
	return s;
}

static void test_each(void **state)
{
	struct seen s;

	(void)state;
	tree_make(&h);
	tree_add(&h, "/a");
	/* Without the file, as in a cgroup that is gone, and with none in it. */
	assert_int_equal(read_pids("/a", 8).count, 0);
	tree_put(&h, "/a/cgroup.procs", "");
	assert_int_equal(read_pids("/a", 8).count, 0);
	/* 0: a process without a pid here; not what is below. */
	tree_add(&h, "/a/b");
	tree_put(&h, "/a/b/cgroup.procs", "77\n");
	tree_put(&h, "/a/cgroup.procs", "0\n12\n0\n4194304\n3\n");
	s = read_pids("/a", 8);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.pids[0], 12);
	assert_int_equal(s.pids[1], 4194304);
	assert_int_equal(s.pids[2], 3);
	/* No more than are wanted. */
	s = read_pids("/a", 2);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.pids[1], 4194304);
	tree_remove(&h, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
