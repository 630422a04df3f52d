// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command on a terminal of its own, and writes what that shows to stdout.
 *
 *   pty COLUMNS [SECONDS:COLUMNS]... [SECONDS:=KEYS]... -- COMMAND ARGS...
 *
 * So many seconds after the first output, in that order, the terminal is resized, or KEYS are pressed. Exits with
 * the command's code.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void act(int terminal, const char *what)
{
	struct winsize size = { .ws_row = 24, .ws_col = (unsigned short)atoi(what) };

	if (*what != '=')
		ioctl(terminal, TIOCSWINSZ, &size);
	else if (write(terminal, what + 1, strlen(what + 1)) < 0)
		perror("pty: keys");
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24 };
	double start = 0;
	int next = 2, command = 2, terminal, status;
	char buf[4096];
	pid_t pid;

	while (command < argc && strcmp(argv[command], "--"))
		command++;
	if (command + 1 >= argc)
		return 2;
	size.ws_col = (unsigned short)atoi(argv[1]);
	pid = forkpty(&terminal, NULL, NULL, &size);
	if (pid < 0)
		return 125;
	if (!pid) {
		execvp(argv[command + 1], argv + command + 1);
		_exit(127);
	}
	for (;;) {
		struct pollfd ready = { terminal, POLLIN, 0 };
		double due = start && next < command ? start + atof(argv[next]) : 0;
		int wait_ms = !due ? -1 : due > now() ? (int)((due - now()) * 1000) + 1 : 0;
		ssize_t len;

		if (!poll(&ready, 1, wait_ms)) {
			act(terminal, strchr(argv[next], ':') + 1);
			next++;
			continue;
		}
		len = read(terminal, buf, sizeof(buf));
		if (len <= 0)
			break; /* EIO: it has been closed */
		if (!start)
			start = now();
		fwrite(buf, 1, (size_t)len, stdout);
		fflush(stdout);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
