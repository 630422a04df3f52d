// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"

/* A helper that is stopped can't see the end of its parent's pipe: the kernel must end it. */
static void test_stopped_child_dies_with_its_parent(void **state)
{
	int status = 0, ends[2];
	pid_t parent, child = 0;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(ends), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (!parent) {
		pid_t self = getpid();

		child = fork();
		if (!child) {
			child__die_with_parent(self);
			raise(SIGSTOP);
			_exit(0);
		}
		/* Until it is stopped. */
		if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status) ||
		    write(ends[1], &child, sizeof(child)) != sizeof(child))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
	alarm(60); /* where it isn't ended, this waits for ever */
	assert_int_equal(waitpid(child, &status, 0), child);
	alarm(0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(ends[0]);
	close(ends[1]);
}

/* The kernel tells nothing of a parent that has ended before it was asked to. */
static void test_orphan_ends_at_once(void **state)
{
	int status = 0, ends[2] = { -1, -1 }, go[2] = { -1, -1 };
	pid_t parent, child = 0;
	char byte;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_true(!pipe(ends) && !pipe(go));
	parent = fork();
	assert_true(parent >= 0);
	if (!parent) {
		pid_t self = getpid();

		child = fork();
		if (!child) {
			/* Until its parent is gone. */
			if (read(go[0], &byte, 1) != 1)
				_exit(1);
			child__die_with_parent(self);
			_exit(0);
		}
		_exit(write(ends[1], &child, sizeof(child)) != sizeof(child));
	}
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
	assert_int_equal(write(go[1], "", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(go[i]);
	}
}

/* A parent without the right to send signals to it, as the one of another user's child is, has the pipe for that. */
static void test_stopped_child_dies_with_a_pipe(void **state)
{
	int leash[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(leash), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(leash[1]);
		if (child__die_with_pipe(leash[0]))
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
	close(leash[0]);
	close(leash[1]);
	alarm(60); /* where it isn't ended, this waits for ever */
	assert_int_equal(waitpid(child, &status, 0), child);
	alarm(0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Children that are held back begin when their parent lets them, or end with it. Others don't wait. */
static void test_await_turn(void **state)
{
	int status, begun[2];
	pid_t children[2], parent = getpid();
	char bytes[3];

	(void)state;
	child__await_turn();
	child__give_turn();
	assert_int_equal(pipe2(begun, O_NONBLOCK), 0);
	child__hold_back();
	for (int i = 0; i < 2; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i])
			continue;
		child__die_with_parent(parent);
		child__await_turn();
		child__settle("held", &begun[1], 1);
		_exit(write(begun[1], "x", 1) != 1);
	}
	usleep(100000);
	assert_int_equal(read(begun[0], bytes, sizeof(bytes)), -1);
	child__give_turn();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(read(begun[0], bytes, sizeof(bytes)), 2);
	close(begun[0]);
	close(begun[1]);
}

/* A folder that is no cgroup, and none: there is a child all the same, and it knows that it has still to enter. */
static void test_child_of_no_cgroup(void **state)
{
	const int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fds[] = { folder, -1 };

	(void)state;
	assert_true(folder >= 0);
	for (size_t i = 0; i < 2; i++) {
		int fd = fds[i], status = 0;
		pid_t child = child__fork_into(&fd);

		assert_true(child >= 0);
		if (!child)
			_exit(fd == fds[i] ? 7 : 1);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 7 << 8);
		assert_int_equal(fd, fds[i]);
	}
	close(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stopped_child_dies_with_its_parent),
		cmocka_unit_test(test_orphan_ends_at_once),
		cmocka_unit_test(test_stopped_child_dies_with_a_pipe),
		cmocka_unit_test(test_await_turn),
		cmocka_unit_test(test_child_of_no_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
