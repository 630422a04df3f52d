// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "host/cgroup_children.h"

static struct cgroup__hierarchy h;
static struct cgroup_children children;

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	tree_add(&h, "/a");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	tree_remove(&h, "");
	return 0;
}

static void add(const char *path, const char *usage, const char *max)
{
	char file[128];

	tree_add(&h, path);
	snprintf(file, sizeof(file), "%s/memory.current", path);
	tree_put(&h, file, usage);
	snprintf(file, sizeof(file), "%s/memory.max", path);
	tree_put(&h, file, max);
}

static uint64_t id_of(const char *path)
{
	uint64_t id = 0;
	int fd = cgroup__open(&h, path);

	assert_true(fd >= 0);
	assert_int_equal(cgroup__id(fd, &id), 0);
	close(fd);
	return id;
}

static const struct cgroup_child *named(const char *name)
{
	for (size_t i = 0; i < children.read; i++) {
		if (!strcmp(children.list[i].name, name))
			return &children.list[i];
	}
	return NULL;
}

/* Not what is further below, nor links, nor what has no memory of its own. */
static void test_read(void **state)
{
	char link[PATH_MAX + 16];

	(void)state;
	add("/a/web", "4096\n", "max\n");
	add("/a/web/below", "1\n", "max\n");
	add("/a/api", "8192\n", "65536\n");
	tree_add(&h, "/a/off");
	snprintf(link, sizeof(link), "%s/a/link", h.mount);
	assert_int_equal(symlink("web", link), 0);
	assert_int_equal(cgroup_children__read(&h, "/a", id_of("/a"), &children), 0);
	assert_int_equal(children.read, 2);
	assert_int_equal(children.count, 2);
	assert_true(children.read_ns > 0);
	assert_non_null(named("web"));
	assert_int_equal(named("web")->usage_bytes, 4096);
	assert_true(named("web")->max_bytes == UINT64_MAX);
	assert_int_equal(named("api")->max_bytes, 65536);
	assert_int_equal(named("api")->id, id_of("/a/api"));
	assert_false(children.has_rest);
	tree_put(&h, "/a/memory.current", "20480\n");
	tree_put(&h, "/a/cgroup.stat", "nr_descendants 3\nnr_dying_descendants 2\n");
	assert_int_equal(cgroup_children__read(&h, "/a", id_of("/a"), &children), 0);
	assert_true(children.has_rest);
	assert_int_equal(children.rest_bytes, 20480 - 4096 - 8192);
	assert_int_equal(children.removed, 2);
	/* They have grown meanwhile. */
	tree_put(&h, "/a/memory.current", "4096\n");
	assert_int_equal(cgroup_children__read(&h, "/a", id_of("/a"), &children), 0);
	assert_true(children.has_rest);
	assert_int_equal(children.rest_bytes, 0);
}

/* Whose name begins with a dot is a cgroup, too. */
static void test_dot(void **state)
{
	(void)state;
	add("/a/.hidden", "4096\n", "max\n");
	add("/a/..x", "8192\n", "max\n");
	tree_put(&h, "/a/memory.current", "12288\n");
	assert_int_equal(cgroup_children__read(&h, "/a", id_of("/a"), &children), 0);
	assert_int_equal(children.count, 2);
	assert_non_null(named(".hidden"));
	assert_non_null(named("..x"));
	assert_true(children.has_rest);
	assert_int_equal(children.rest_bytes, 0);
}

/* Another cgroup has taken the name; there is none; it is outside of what is mounted here. */
static void test_wrong(void **state)
{
	struct cgroup__hierarchy inner = h;

	(void)state;
	assert_int_equal(cgroup_children__read(&h, "/a", id_of("/a") + 1, &children), -ESTALE);
	assert_int_equal(cgroup_children__read(&h, "/none", 1, &children), -ENOENT);
	strcpy(inner.root, "/top");
	assert_int_equal(cgroup_children__read(&inner, "/a", id_of("/a"), &children), -EXDEV);
	assert_int_equal(cgroup_children__read(&inner, "/top/a", id_of("/a"), &children), 0);
}

/* So many are read, and the others counted. */
static void test_bound(void **state)
{
	char path[64];

	(void)state;
	for (int i = 0; i < CGROUP_CHILDREN_MAX + 4; i++) {
		snprintf(path, sizeof(path), "/a/c%d", i);
		add(path, "4096\n", "max\n");
	}
	assert_int_equal(cgroup_children__read(&h, "/a", id_of("/a"), &children), 0);
	assert_true(children.read <= CGROUP_CHILDREN_MAX); /* less on a machine that is too slow */
	assert_int_equal(children.count, CGROUP_CHILDREN_MAX + 4);
	assert_false(children.has_rest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read, make, unmake),
		cmocka_unit_test_setup_teardown(test_dot, make, unmake),
		cmocka_unit_test_setup_teardown(test_wrong, make, unmake),
		cmocka_unit_test_setup_teardown(test_bound, make, unmake),
	};

	return cmocka_run_group_tests_name("cgroup_children", tests, NULL, NULL);
}
