// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/watchdog.h"

#define EXIT_BY_WATCHDOG 5
#define EXIT_BY_ITSELF 6

static const int signals[] = { SIGINT, SIGTERM };
static int told_fd;

static void last(void *ctx, char *text)
{
	if (ctx != &told_fd || write(told_fd, "l", 1) != 1)
		_exit(1);
	strcpy(text, "the last\n");
}

static struct watchdog *start(uint64_t limit_ns, watchdog_last_fn fn)
{
	struct watchdog *watchdog;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (watchdog__start(signals, 2, limit_ns, EXIT_BY_WATCHDOG, fn, &told_fd, &watchdog))
		_exit(1);
	return watchdog;
}

/* Sits in a system call that doesn't come back, with its signals blocked. */
static void hang(int ready_fd)
{
	int pipes[2];
	char byte;

	start(NS_PER_S / 10, last);
	if (pipe(pipes) || write(ready_fd, "r", 1) != 1)
		_exit(1);
	while (read(pipes[0], &byte, 1) != 1)
		;
	_exit(EXIT_BY_ITSELF);
}

/* Is told to end, and takes its time, but gets on. The limit is one that a busy machine keeps. */
static void beat(int ready_fd)
{
	struct watchdog *watchdog = start(20 * NS_PER_S, NULL);
	const struct timespec step = clock__timespec(10 * NS_PER_MS);

	if (write(ready_fd, "r", 1) != 1)
		_exit(1);
	for (int i = 0; i < 20; i++) {
		watchdog__beat(watchdog);
		nanosleep(&step, NULL);
	}
	watchdog__stop(watchdog);
	_exit(EXIT_BY_ITSELF);
}

/* Something that has a limit of its own. */
static void hold(int ready_fd)
{
	struct watchdog *watchdog = start(NS_PER_MS, NULL);
	const struct timespec step = clock__timespec(NS_PER_S / 2);

	watchdog__hold(watchdog);
	if (write(ready_fd, "r", 1) != 1)
		_exit(1);
	nanosleep(&step, NULL);
	watchdog__stop(watchdog);
	_exit(EXIT_BY_ITSELF);
}

/* Returns the exit code of a process that does this and gets the signal, 0: none, in the middle of it. */
static int run(void (*fn)(int ready_fd), int signal)
{
	char byte, text[256];
	int pipes[2], status;
	ssize_t len;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		told_fd = pipes[1];
		dup2(pipes[1], STDERR_FILENO);
		fn(pipes[1]);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	assert_int_equal(byte, 'r');
	if (signal)
		assert_int_equal(kill(pid, signal), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == EXIT_BY_WATCHDOG) {
		/* What is to be done last, and the word on stderr. */
		assert_int_equal(read(pipes[0], &byte, 1), 1);
		assert_int_equal(byte, 'l');
		assert_int_equal(read(pipes[0], &byte, 1), 1);
		assert_int_equal(byte, 'o');
		len = read(pipes[0], text, sizeof(text) - 1);
		assert_true(len > 0);
		text[len] = '\0';
		assert_string_equal(strchr(text, '\n'), "\nthe last\n");
	}
	close(pipes[0]);
	return WEXITSTATUS(status);
}

static void one_that_hangs_is_ended(void **state)
{
	(void)state;
	assert_int_equal(run(hang, SIGINT), EXIT_BY_WATCHDOG);
	assert_int_equal(run(hang, SIGTERM), EXIT_BY_WATCHDOG);
}

static void one_that_gets_on_is_not(void **state)
{
	(void)state;
	assert_int_equal(run(beat, SIGINT), EXIT_BY_ITSELF);
	assert_int_equal(run(hold, SIGINT), EXIT_BY_ITSELF);
	assert_int_equal(run(beat, 0), EXIT_BY_ITSELF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_hangs_is_ended),
		cmocka_unit_test(one_that_gets_on_is_not),
	};

	watchdog__beat(NULL);
	watchdog__hold(NULL);
	watchdog__stop(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
