// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "target/target.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define SCOPE "/system.slice/docker-" ID ".scope"

#define POD "/kubepods.slice/kubepods-pod11111111_2222_3333_4444_555555555555.slice"

static struct cgroup__hierarchy h;
static struct target target;

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	tree_add(&h, "/system.slice");
	tree_add(&h, SCOPE);
	tree_put(&h, SCOPE "/cgroup.events", "populated 1\nfrozen 0\n");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	target__close(&target);
	tree_remove(&h, "");
	return 0;
}

static enum target_failure find(enum target_kind kind, const char *name, pid_t pid)
{
	const struct target_request request = { .kind = kind, .name = name, .pid = pid };

	memset(&target, 0xaa, sizeof(target));
	return target__find(&request, &h, 0, &target);
}

static uint64_t id_of(const char *path)
{
	int fd = cgroup__open(&h, path);
	uint64_t id = 0;

	assert_int_equal(cgroup__id(fd, &id), 0);
	close(fd);
	return id;
}

static void the_machine(void **state)
{
	(void)state;
	assert_int_equal(find(TARGET_MACHINE, NULL, 0), TARGET_FOUND);
	assert_string_equal(target.kind, "machine");
	assert_string_equal(target.cgroup, "");
	assert_true(target.cgroup_id == 0);
	assert_int_equal(target.dir_fd, -1);
	assert_false(target__is_gone(&target));
}

/* The first process of a pod would be that of one of its containers. */
static void a_pod(void **state)
{
	char text[32];

	(void)state;
	tree_add(&h, "/kubepods.slice");
	tree_add(&h, POD);
	tree_add(&h, POD "/cri-containerd-" ID2 ".scope");
	snprintf(text, sizeof(text), "%d\n", getpid());
	tree_put(&h, POD "/cri-containerd-" ID2 ".scope/cgroup.procs", text);
	assert_int_equal(find(TARGET_CONTAINER, "11111111-2222-3333-4444-555555555555", 0), TARGET_FOUND);
	assert_string_equal(target.cgroup, POD);
	assert_int_equal(target.container.ref.runtime, CONTAINER__POD);
	assert_int_equal(target.init_pid, 0);
	target__close(&target);
	/* One of them has it. */
	assert_int_equal(find(TARGET_CONTAINER, ID2, 0), TARGET_FOUND);
	assert_string_equal(target.cgroup, POD "/cri-containerd-" ID2 ".scope");
	assert_int_equal(target.init_pid, getpid());
}

static void a_container(void **state)
{
	(void)state;
	assert_int_equal(find(TARGET_CONTAINER, ID, 0), TARGET_FOUND);
	assert_string_equal(target.kind, "container");
	assert_string_equal(target.name, ID);
	assert_string_equal(target.cgroup, SCOPE);
	assert_int_equal(target.container.ref.runtime, CONTAINER__DOCKER);
	assert_string_equal(target.container.ref.id, ID);
	assert_null(target.container.name);
	assert_true(target.cgroup_id == id_of(SCOPE));
	/* Nearest first, up to the root. */
	assert_true(target.ancestors[0] == id_of("/system.slice"));
	assert_true(target.ancestors[1] == id_of("/"));
	assert_true(target.ancestors[2] == 0);
}

static void its_end(void **state)
{
	(void)state;
	assert_int_equal(find(TARGET_CONTAINER, ID, 0), TARGET_FOUND);
	assert_true(target.events_fd >= 0);
	assert_false(target__is_gone(&target));
	tree_put(&h, SCOPE "/cgroup.events", "populated 0\nfrozen 0\n");
	assert_true(target__is_gone(&target));
	/* Its name may be another's by then. */
	tree_remove(&h, SCOPE);
	assert_true(target__is_gone(&target));
}

/* On v1 there is no cgroup.events: it is gone when it has no process. */
static void its_end_on_v1(void **state)
{
	(void)state;
	h.version = 1;
	tree_remove(&h, SCOPE "/cgroup.events");
	tree_put(&h, SCOPE "/cgroup.procs", "1\n");
	assert_int_equal(find(TARGET_CONTAINER, ID, 0), TARGET_FOUND);
	assert_true(target.events_fd < 0);
	assert_false(target__is_gone(&target));
	tree_put(&h, SCOPE "/cgroup.procs", "");
	assert_true(target__is_gone(&target));
	tree_remove(&h, SCOPE);
	assert_true(target__is_gone(&target));
}

static void not_found(void **state)
{
	const struct target_request cgroup = { .kind = TARGET_CGROUP, .name = "/a" };

	(void)state;
	assert_int_equal(find(TARGET_CONTAINER, "nobody", 0), TARGET_NOT_RESOLVED);
	assert_int_equal(target.resolved.outcome, RESOLVE__NOT_FOUND);
	assert_int_equal(find(TARGET_CONTAINER, "", 0), TARGET_NO_SEARCH);
	assert_int_equal(target.error, -EINVAL);
	/* The folder is on no cgroup file system. */
	assert_int_equal(find(TARGET_CGROUP, "/system.slice", 0), TARGET_NO_CGROUP);
	assert_int_equal(target.error, -EMEDIUMTYPE);
	assert_int_equal(find(TARGET_CGROUP, "/none", 0), TARGET_NO_CGROUP);
	assert_int_equal(target.error, -ENOENT);
	assert_int_equal(find(TARGET_PID, NULL, INT32_MAX), TARGET_NO_PROCESS);
	assert_string_equal(target.name, "2147483647");
	assert_int_equal(target__find(&cgroup, &h, -ENOENT, &target), TARGET_NO_HIERARCHY);
	assert_int_equal(target.dir_fd, -1);
}

static void obstacles(void **state)
{
	(void)state;
	assert_int_equal(find(TARGET_CONTAINER, ID, 0), TARGET_FOUND);
	assert_int_equal(target__obstacle(&target, &h), TARGET_CHANGEABLE);
	h.version = 1;
	assert_int_equal(target__obstacle(&target, &h), TARGET_ON_V1);
	h.version = 2;
	strcpy(target.cgroup, "/");
	assert_int_equal(target__obstacle(&target, &h), TARGET_IS_ROOT);
}

/* Whoever limits the cgroup that oomtrace is in kills oomtrace, too. */
static void inside_the_target(void **state)
{
	char own[PATH_MAX];

	(void)state;
	assert_int_equal(find(TARGET_CONTAINER, ID, 0), TARGET_FOUND);
	if (cgroup__of_pid(&h, getpid(), own, sizeof(own)) || !strcmp(own, "/"))
		skip(); /* of no cgroup, or of the root, which has no limit */
	strcpy(target.cgroup, own);
	assert_int_equal(target__obstacle(&target, &h), TARGET_HAS_OOMTRACE);
	*strrchr(target.cgroup, '/') = '\0'; /* above it; of the top it is "" */
	assert_int_equal(target__obstacle(&target, &h), TARGET_HAS_OOMTRACE);
	strcpy(target.cgroup, own);
	target.cgroup[strlen(own) - 1] = '\0'; /* beside it, with a name that begins as its own does */
	assert_int_equal(target__obstacle(&target, &h), TARGET_CHANGEABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_machine, make, unmake),
		cmocka_unit_test_setup_teardown(a_container, make, unmake),
		cmocka_unit_test_setup_teardown(a_pod, make, unmake),
		cmocka_unit_test_setup_teardown(its_end, make, unmake),
		cmocka_unit_test_setup_teardown(its_end_on_v1, make, unmake),
		cmocka_unit_test_setup_teardown(not_found, make, unmake),
		cmocka_unit_test_setup_teardown(obstacles, make, unmake),
		cmocka_unit_test_setup_teardown(inside_the_target, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
