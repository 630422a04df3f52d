// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "cgroup_tree.h"
#include "host/cgroup.h"

/* ---- a folder that looks like a hierarchy ---- */

struct tree {
	struct cgroup__hierarchy h;
	char outside[PATH_MAX];
};

static int make_tree(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));
	char top[] = "/tmp/oomtrace-test-XXXXXX";

	if (!t || !mkdtemp(top)) {
		free(t);
		return -1;
	}
	t->h.version = 2;
	strcpy(t->h.root, "/");
	snprintf(t->outside, sizeof(t->outside), "%s", top);
	snprintf(t->h.mount, sizeof(t->h.mount), "%s/cgroup", top);
	tree_add(&t->h, "");
	tree_add(&t->h, "/a");
	tree_add(&t->h, "/a/b");
	tree_add(&t->h, "/a/b/c");
	tree_add(&t->h, "/d");
	tree_put(&t->h, "/a/memory.max", "max\n");
	tree_put(&t->h, "/a/memory.current", "536870912\n");
	tree_put(&t->h, "/a/junk", "12x\n");
	tree_put(&t->h, "/a/empty", "");
	tree_put(&t->h, "/a/huge", "18446744073709551616\n");
	tree_put(&t->h, "/a/long",
		 "1111111111111111111111111111111111111111111111111111111111111111111111\n");
	tree_put(&t->h, "/a/memory.events", "low 0\nhigh 0\nmax 17\noom 3\noom_kill 2\noom_group_kill 0\n");
	tree_put(&t->h, "/a/cgroup.events", "populated 1\nfrozen 0\n");
	*state = t;
	return 0;
}

static int remove_tree(void **state)
{
	struct tree *t = *state;

	tree_remove(&t->h, "");
	rmdir(t->outside);
	free(t);
	return 0;
}

static void files_are_read(void **state)
{
	const struct tree *t = *state;
	int fd = cgroup__open(&t->h, "/a"), events_fd;
	uint64_t value = 0;
	char text[4];

	assert_true(fd >= 0);
	assert_int_equal(cgroup__read_u64(fd, "memory.max", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(cgroup__read_u64(fd, "memory.current", &value), 0);
	assert_true(value == 536870912);
	assert_int_equal(cgroup__read_u64(fd, "junk", &value), -EBADMSG);
	assert_int_equal(cgroup__read_u64(fd, "empty", &value), -EBADMSG);
	assert_int_equal(cgroup__read_u64(fd, "huge", &value), -EBADMSG);
	assert_int_equal(cgroup__read_u64(fd, "long", &value), -EBADMSG);
	assert_int_equal(cgroup__read_u64(fd, "none", &value), -ENOENT);
	assert_true(value == 536870912);
	assert_int_equal(cgroup__read_key(fd, "memory.events", "oom", &value), 0);
	assert_true(value == 3);
	assert_int_equal(cgroup__read_key(fd, "memory.events", "oom_kill", &value), 0);
	assert_true(value == 2);
	assert_int_equal(cgroup__read_key(fd, "memory.events", "oom_", &value), -ENODATA);
	assert_int_equal(cgroup__read_key(fd, "none", "oom", &value), -ENOENT);
	assert_int_equal(cgroup__read_text(fd, "memory.max", text, sizeof(text)), -EFBIG);

	events_fd = cgroup__populated_fd(fd);
	assert_true(events_fd >= 0);
	assert_int_equal(cgroup__is_populated(events_fd), 1);
	tree_put(&t->h, "/a/cgroup.events", "populated 0\nfrozen 0\n");
	assert_int_equal(cgroup__is_populated(events_fd), 0);
	tree_put(&t->h, "/a/cgroup.events", "");
	assert_int_equal(cgroup__is_populated(events_fd), -EBADMSG);
	close(events_fd);
	close(fd);
	assert_int_equal(cgroup__open(&t->h, "/none"), -ENOENT);
	assert_int_equal(cgroup__open(&t->h, "/a/junk"), -ENOTDIR);
}

struct visits {
	const struct tree *t;
	char seen[256];
	const char *stop_at, *remove_at;
};

static int visit(const struct cgroup__node *node, void *ctx)
{
	struct visits *v = ctx;
	char full[2 * PATH_MAX];

	snprintf(v->seen + strlen(v->seen), sizeof(v->seen) - strlen(v->seen), "%s:%u ", node->path,
		 node->depth);
	assert_true(node->id != 0);
	if (v->remove_at && !strcmp(node->path, v->remove_at)) {
		snprintf(full, sizeof(full), "%s/a/b/c", v->t->h.mount);
		assert_int_equal(rmdir(full), 0);
		snprintf(full, sizeof(full), "%s/a/b", v->t->h.mount);
		assert_int_equal(rmdir(full), 0);
	}
	return v->stop_at && !strcmp(node->path, v->stop_at) ? 42 : 0;
}

static void tree_is_walked(void **state)
{
	const struct tree *t = *state;
	struct visits all = { .t = t }, part = { .t = t }, stopped = { .t = t, .stop_at = "/a/b" };
	struct visits vanishing = { .t = t, .remove_at = "/a" };
	struct visits first = { .t = t, .stop_at = "/" };

	assert_int_equal(cgroup__walk(&t->h, "/", visit, &all), 0);
	/* The order of siblings is the file system's. */
	if (strcmp(all.seen, "/:0 /a:1 /a/b:2 /a/b/c:3 /d:1 "))
		assert_string_equal(all.seen, "/:0 /d:1 /a:1 /a/b:2 /a/b/c:3 ");
	assert_int_equal(cgroup__walk(&t->h, "/a/b", visit, &part), 0);
	assert_string_equal(part.seen, "/a/b:0 /a/b/c:1 ");
	assert_int_equal(cgroup__walk(&t->h, "/a", visit, &stopped), 42);
	assert_string_equal(stopped.seen, "/a:0 /a/b:1 ");
	assert_int_equal(cgroup__walk(&t->h, "/", visit, &first), 42);
	assert_int_equal(cgroup__walk(&t->h, "/none", visit, &first), -ENOENT);
	assert_int_equal(cgroup__walk(&t->h, "/../..", visit, &first), -EINVAL);
	assert_string_equal(first.seen, "/:0 ");
	assert_int_equal(cgroup__walk(&t->h, "/a", visit, &vanishing), 0);
	assert_string_equal(vanishing.seen, "/a:0 ");
}

static void paths_are_validated(void **state)
{
	const struct tree *t = *state;
	char path[PATH_MAX] = "untouched", absolute[2 * PATH_MAX];

	/* All that this folder lacks is to be a cgroup file system. */
	assert_int_equal(cgroup__validate_path(&t->h, "/a/b", path, sizeof(path)), -EMEDIUMTYPE);
	assert_int_equal(cgroup__validate_path(&t->h, "a/b", path, sizeof(path)), -EMEDIUMTYPE);
	snprintf(absolute, sizeof(absolute), "%s/a", t->h.mount);
	assert_int_equal(cgroup__validate_path(&t->h, absolute, path, sizeof(path)), -EMEDIUMTYPE);
	assert_int_equal(cgroup__validate_path(&t->h, t->h.mount, path, sizeof(path)), -EMEDIUMTYPE);
	assert_int_equal(cgroup__validate_path(&t->h, t->outside, path, sizeof(path)), -EXDEV);
	snprintf(absolute, sizeof(absolute), "%s/a/../..", t->h.mount);
	assert_int_equal(cgroup__validate_path(&t->h, absolute, path, sizeof(path)), -EINVAL);
	assert_int_equal(cgroup__validate_path(&t->h, "", path, sizeof(path)), -EINVAL);
	assert_int_equal(cgroup__validate_path(&t->h, "none", path, sizeof(path)), -ENOENT);
	assert_int_equal(cgroup__validate_path(&t->h, "/a/junk", path, sizeof(path)), -ENOTDIR);
	assert_int_equal(cgroup__validate_path(&t->h, "/a/b", path, 4), -ENAMETOOLONG);
	assert_string_equal(path, "untouched");
}

/* On this machine, whatever it has. */
static void this_machine(void **state)
{
	struct cgroup__hierarchy h;
	char path[PATH_MAX], again[PATH_MAX];
	uint64_t id = 0;
	struct stat st;
	int fd;

	(void)state;
	if (cgroup__discover(&h) || access(h.mount, R_OK | X_OK)) {
		print_message("no usable memory hierarchy here\n");
		skip();
	}
	assert_int_equal(cgroup__validate_path(&h, h.mount, path, sizeof(path)), 0);
	assert_string_equal(path, "/");
	assert_int_equal(cgroup__validate_path(&h, "/", again, sizeof(again)), 0);
	assert_int_equal(cgroup__validate_path(&h, "/etc", again, sizeof(again)), -EXDEV);
	fd = cgroup__open(&h, "/");
	assert_true(fd >= 0);
	assert_int_equal(cgroup__id(fd, &id), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(id == st.st_ino);
	close(fd);
	assert_int_equal(cgroup__of_pid(&h, 4194304 + 1, path, sizeof(path)), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_read, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(tree_is_walked, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(paths_are_validated, make_tree, remove_tree),
		cmocka_unit_test(this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
