// SPDX-License-Identifier: GPL-2.0-only
/* What a terminal gets that is resized between two records. */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/wrap.h"
#include "terminal/console.h"

#define RECORD \
	"one\002 twenty thousand and three hundred and forty-five words of a record, and 64.0\001MiB of it\n"

static void resize(unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };

	if (ioctl(STDOUT_FILENO, TIOCSWINSZ, &size))
		_exit(1);
}

/* A record, and the live line as wide as there is room. */
static void say(struct console *console, FILE *text)
{
	char line[CONSOLE__LINE_MAX] = "";
	unsigned int width = console__columns(console) - 1;

	fputs(RECORD, text);
	fflush(text);
	memset(line, 's', width);
	console__draw(console, line, width);
}

static void speak(int terminal_fd)
{
	struct console *console;
	FILE *text;

	dup2(terminal_fd, STDOUT_FILENO);
	setenv("TERM", "xterm", 1);
	resize(80);
	console = console__new();
	text = console ? wrap__open(console__out(console), console__look(COLOUR_NEVER)) : NULL;
	if (!text)
		_exit(1);
	say(console, text);
	resize(30);
	say(console, text);
	resize(120);
	say(console, text);
	fclose(text);
	console__free(console);
	_exit(0);
}

static void expect_next(const char **at, const char *what)
{
	if (!strncmp(*at, what, strlen(what)))
		*at += strlen(what);
	else
		assert_string_equal(*at, what);
}

static void expect_live(const char **at, size_t width)
{
	expect_next(at, "\r");
	assert_int_equal(strspn(*at, "s"), width);
	*at += width;
	expect_next(at, "\033[K");
}

static void test_resized(void **state)
{
	struct winsize window = { .ws_row = 24, .ws_col = 80 };
	int main_fd, terminal_fd, status;
	char text[4096];
	const char *at = text;
	size_t len = 0;
	ssize_t got;
	pid_t pid;

	(void)state;
	assert_int_equal(openpty(&main_fd, &terminal_fd, NULL, NULL, &window), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		speak(terminal_fd);
	close(terminal_fd);
	while ((got = read(main_fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	close(main_fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);

	expect_next(&at, "one twenty thousand and three hundred and forty-five words of a record, and\r\n"
			 "   64.0 MiB of it\r\n");
	expect_live(&at, 79);
	/* Narrower: the live line has taken three rows, and all of them go. */
	expect_next(&at, "\033[2A\r\033[J");
	expect_next(
		&at,
		"one twenty thousand and three\r\n   hundred and forty-five\r\n   words of a record, and\r\n"
		"   64.0 MiB of it\r\n");
	expect_live(&at, 29);
	expect_next(&at, "\r\033[K");
	expect_next(&at, "one twenty thousand and three hundred and forty-five words of a record, and "
			 "64.0 MiB of it\r\n");
	expect_live(&at, 119);
	expect_next(&at, "\r\033[K");
	assert_string_equal(at, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_resized) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
