// SPDX-License-Identifier: GPL-2.0-only
/* Keys on a real (pseudo) terminal, in the foreground and in the background of a shell. */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "terminal/key_actions.h"

/* Exit codes of the job, which can't report otherwise. */
enum { FINE = 0, NOT_OPENED = 10, WRONG_RESULT, WRONG_MODES };

static bool has_echo(int fd)
{
	struct termios modes;

	return !tcgetattr(fd, &modes) && (modes.c_lflag & ECHO);
}

/* A job as the shell starts it in the foreground, and then puts into the background. */
static void job(int go_fd, int ready_fd)
{
	struct key_actions actions = { .dir_fd = -1 };
	char byte;

	setpgid(0, 0);
	if (read(go_fd, &byte, 1) != 1 || !keys__available() || keys__open() || has_echo(STDIN_FILENO))
		_exit(NOT_OPENED);
	if (write(ready_fd, "r", 1) != 1 || read(go_fd, &byte, 1) != 1)
		_exit(NOT_OPENED);
	/* It is in the background by now, and there is a key for the shell, which has its own modes. */
	if (key_actions__read(&actions) != KEY_ACTIONS_BACKGROUND)
		_exit(WRONG_RESULT);
	keys__close();
	_exit(has_echo(STDIN_FILENO) ? FINE : WRONG_MODES);
}

/* Plays the shell of that terminal. Returns how its job ended, as wait(2) has it. */
static int shell(const char *terminal, int main_fd)
{
	int go[2], ready[2], status, fd;
	struct termios modes;
	char byte;
	pid_t pid;

	setsid();
	signal(SIGTTOU, SIG_IGN);
	fd = open(terminal, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) || tcgetattr(fd, &modes) || pipe(go) || pipe(ready))
		return -1;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	pid = fork();
	if (!pid) {
		signal(SIGTTOU, SIG_DFL);
		job(go[0], ready[1]);
	}
	setpgid(pid, pid);
	if (tcsetpgrp(fd, pid) || write(go[1], "g", 1) != 1 || read(ready[0], &byte, 1) != 1)
		return -1;
	/* ^Z, bg: the terminal is the shell's again. */
	if (tcsetpgrp(fd, getpgrp()) || tcsetattr(fd, TCSANOW, &modes) || write(main_fd, "x\n", 2) != 2)
		return -1;
	if (write(go[1], "g", 1) != 1 || waitpid(pid, &status, WUNTRACED) != pid)
		return -1;
	if (WIFSTOPPED(status))
		kill(pid, SIGKILL);
	return status;
}

static void a_key_for_the_shell_stops_nothing(void **state)
{
	int main_fd = posix_openpt(O_RDWR | O_NOCTTY), status;
	pid_t pid;

	(void)state;
	if (main_fd < 0)
		skip(); /* no pseudo terminals here */
	assert_int_equal(grantpt(main_fd), 0);
	assert_int_equal(unlockpt(main_fd), 0);
	pid = fork();
	if (!pid) {
		int result = shell(ptsname(main_fd), main_fd);

		_exit(result < 0 ? 101 : WIFEXITED(result) ? WEXITSTATUS(result) : 100);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE); /* 100: it was stopped or killed */
	close(main_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_for_the_shell_stops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
