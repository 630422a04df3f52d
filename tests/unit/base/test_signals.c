// SPDX-License-Identifier: GPL-2.0-only
/* Signals that a parent has blocked or ignored. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/signals.h"

static int ignore_and_block(void **state)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	sigset_t all;

	(void)state;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigfillset(&all);
	return sigprocmask(SIG_SETMASK, &all, NULL);
}

static int is_ignored(int number)
{
	struct sigaction action;

	assert_return_code(sigaction(number, NULL, &action), errno);
	return action.sa_handler == SIG_IGN;
}

static void test_set_up(void **state)
{
	int status;
	sigset_t blocked;
	pid_t pid;

	(void)state;
	signals__set_up();
	assert_return_code(sigprocmask(SIG_SETMASK, NULL, &blocked), errno);
	for (int i = 1; i < SIGRTMIN; i++)
		assert_int_equal(sigismember(&blocked, i), 0);
	assert_true(is_ignored(SIGPIPE));
	assert_true(is_ignored(SIGXFSZ));
	assert_true(is_ignored(SIGINT));
	assert_true(is_ignored(SIGHUP));
	pid = fork();
	if (!pid)
		_exit(7);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 7);
}

/* What comes while a trace begins ends it. */
static void test_heed_ends(void **state)
{
	static const int ends[] = { SIGINT, SIGTERM };

	(void)state;
	signals__set_up();
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			signals__heed_ends();
			raise(ends[i]);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == ends[i]);
	}
	/* As nohup has it. */
	signals__heed_ends();
	assert_true(is_ignored(SIGHUP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_set_up, ignore_and_block),
		cmocka_unit_test_setup(test_heed_ends, ignore_and_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
