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
#include <sys/socket.h>
#include <sys/un.h>
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
	sigset_t none;

	(void)state;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
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

static enum target_failure wait_for(enum target_kind kind, const char *name, const char **said)
{
	const struct target_request request = { .kind = kind, .name = name };
	enum target_failure failure;

	said_begin();
	failure = await_target__find(&request, &h, &target);
	*said = said_end();
	return failure;
}

static void add_scope(void)
{
	tree_add(&h, SCOPE);
}

static void comes(void **state)
{
	pid_t pid = meanwhile(add_scope);
	const char *said;

	(void)state;
	assert_int_equal(wait_for(TARGET_CONTAINER, ID, &said), TARGET_FOUND);
	assert_string_equal(target.cgroup, SCOPE);
	assert_true(target.cgroup_id != 0);
	assert_string_equal(said, "oomtrace: waiting for container '" ID "'.\n");
	done(pid);
}

/* Of a runtime that takes calls, and never answers. */
static int listen_without_answer(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char host[sizeof(address.sun_path) + 16];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/docker.sock", h.mount);
	snprintf(host, sizeof(host), "unix://%s", address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(setenv("DOCKER_HOST", host, 1), 0);
	return fd;
}

/* A signal that has come already, so that no test is too slow for it. */
static pid_t wait_with_signal(int signal)
{
	pid_t pid = fork();
	const char *said;
	sigset_t set;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	/* Under nohup the hangup would be none. */
	sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(signal);
	alarm(60); /* or it would wait for ever */
	wait_for(TARGET_CONTAINER, "never", &said);
	_exit(1);
}

static void is_ended_at_once(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	int runtime = listen_without_answer();

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		done(wait_with_signal(signals[i]));
	/* No answer has been waited for. */
	assert_int_equal(accept(runtime, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	close(runtime);
	unsetenv("DOCKER_HOST");
}

/* As with nohup; and what comes when the target is there is the trace's. */
static void leaves_signals(void **state)
{
	sigset_t blocked;
	const char *said;

	(void)state;
	signal(SIGHUP, SIG_IGN);
	tree_add(&h, SCOPE);
	assert_int_equal(wait_for(TARGET_CONTAINER, ID, &said), TARGET_FOUND);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	assert_true(sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM));
	assert_false(sigismember(&blocked, SIGHUP));
	assert_true(signal(SIGHUP, SIG_DFL) == SIG_IGN && signal(SIGTERM, SIG_DFL) == SIG_DFL);
}

static void can_not_come(void **state)
{
	const char *said;

	(void)state;
	assert_int_equal(wait_for(TARGET_CGROUP, "/a/../b", &said), TARGET_NO_CGROUP);
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
		cmocka_unit_test_setup_teardown(is_ended_at_once, make, unmake),
		cmocka_unit_test_setup_teardown(leaves_signals, make, unmake),
		cmocka_unit_test_setup_teardown(can_not_come, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
