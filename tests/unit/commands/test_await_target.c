// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for a target: what comes, what can't come, and a user who has had enough. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "commands/await_target.h"
#include "said.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SCOPE "/docker-" ID ".scope"

static struct cgroup__hierarchy h;
static struct target target;

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	target__close(&target);
	tree_remove(&h, "");
	return 0;
}

/* In another process, once this one has begun to wait. */
static pid_t meanwhile(void (*work)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	usleep(200000);
	work();
	_exit(0);
}

static void done(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int wait_for(enum target_kind kind, const char *name, enum target_failure *failure, const char **said)
{
	const struct target_request request = { kind, name, 0 };
	int err;

	said_begin();
	err = await_target__find(&request, &h, &target, failure);
	*said = said_end();
	return err;
}

static void add_scope(void)
{
	tree_add(&h, SCOPE);
}

static void interrupt(void)
{
	kill(getppid(), SIGINT);
}

static void comes(void **state)
{
	pid_t pid = meanwhile(add_scope);
	enum target_failure failure = TARGET_NO_PROCESS;
	const char *said;

	(void)state;
	assert_int_equal(wait_for(TARGET_CONTAINER, ID, &failure, &said), 0);
	assert_int_equal(failure, TARGET_FOUND);
	assert_string_equal(target.cgroup, SCOPE);
	assert_true(target.cgroup_id != 0);
	assert_string_equal(said, "oomtrace: waiting for container '" ID "'.\n");
	done(pid);
}

static void is_interrupted(void **state)
{
	pid_t pid = meanwhile(interrupt);
	enum target_failure failure;
	const char *said;

	(void)state;
	assert_int_equal(wait_for(TARGET_CGROUP, "/never", &failure, &said), -EINTR);
	done(pid);
}

static void can_not_come(void **state)
{
	enum target_failure failure;
	const char *said;

	(void)state;
	assert_int_equal(wait_for(TARGET_CGROUP, "/a/../b", &failure, &said), 0);
	assert_int_equal(failure, TARGET_NO_CGROUP);
	target.resolved.outcome = RESOLVE__AMBIGUOUS;
	assert_false(await_target__may_come(TARGET_NOT_RESOLVED, &target));
	target.resolved.outcome = RESOLVE__NOT_RUNNING;
	assert_true(await_target__may_come(TARGET_NOT_RESOLVED, &target));
	assert_false(await_target__may_come(TARGET_NO_HIERARCHY, &target));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(comes, make, unmake),
		cmocka_unit_test_setup_teardown(is_interrupted, make, unmake),
		cmocka_unit_test_setup_teardown(can_not_come, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
