// SPDX-License-Identifier: GPL-2.0-only
/* The command that puts an old limit back, as a shell reads it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "commands/old_limit.h"
#include "said.h"

static struct cgroup__hierarchy h;

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	setenv("XDG_RUNTIME_DIR", h.mount, 1);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	tree_remove(&h, "");
	return 0;
}

static struct guard *start(const struct target *target)
{
	struct guard_request request = { .dir_fd = target->dir_fd,
					 .file = "memory.max",
					 .cgroup_id = (uint64_t)getpid() };
	struct guard *guard = NULL;

	assert_int_equal(guard__start(&request, &guard), 0);
	return guard;
}

/* A shell runs what is said after the first line. */
static void run_command(const char *said)
{
	const char *command = strchr(said, '\n');
	int status;
	pid_t pid = fork();

	assert_non_null(command);
	assert_true(pid >= 0);
	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Whoever may make cgroups chooses their names, and root runs what is printed. */
static void check_name(const char *cgroup)
{
	struct target target = { .events_fd = -1 };
	struct guard *guard;
	char path[256];

	snprintf(target.cgroup, sizeof(target.cgroup), "%s", cgroup);
	tree_add(&h, cgroup);
	snprintf(path, sizeof(path), "%s/memory.max", cgroup);
	tree_put(&h, path, "409600000\n");
	target.dir_fd = cgroup__open(&h, cgroup);
	guard = start(&target);
	said_begin();
	old_limit__tell(&h, &target, "memory.max", guard);
	tree_put(&h, path, "204800000\n");
	run_command(said_end());
	guard__finish(guard);
	guard = start(&target);
	assert_true(guard__old_bytes(guard) == 409600000);
	said_begin();
	old_limit__warn_left_over(&h, &target, "memory.max", guard);
	assert_string_equal(said_end(), "");
	guard__finish(guard);
	target__close(&target);
}

static void a_name_is_one_word(void **state)
{
	(void)state;
	check_name("/plain");
	check_name("/it's");
	check_name("/a'; exit 7; '");
	check_name("/$(exit 7) `exit 7` \"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_is_one_word, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
