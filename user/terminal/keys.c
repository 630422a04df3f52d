// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/keys.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/units.h"

#define STEP_PERCENT 10
#define BACKSPACE 0x7f
#define ESCAPE 0x1b

static struct termios saved;
static bool opened;

static uint64_t whole_pages(uint64_t bytes)
{
	uint64_t page = sysconf(_SC_PAGESIZE);

	return bytes < page ? page : bytes / page * page;
}

static enum keys_action take_size(struct keys *keys, char key, uint64_t *bytes)
{
	size_t len = strlen(keys->typed);

	if (key == '\n' || key == '\r') {
		keys->typing = false;
		if (units__parse_size(keys->typed, bytes) || *bytes < (uint64_t)sysconf(_SC_PAGESIZE))
			return KEYS_BAD;
		return KEYS_SET;
	}
	if (key == ESCAPE) {
		keys->typing = false;
		return KEYS_NONE;
	}
	if ((key == BACKSPACE || key == '\b') && len)
		keys->typed[len - 1] = '\0';
	else if (key > ' ' && key < BACKSPACE && len + 1 < sizeof(keys->typed))
		keys->typed[len] = key;
	return KEYS_PROMPT;
}

enum keys_action keys__take(struct keys *keys, char key, uint64_t limit_bytes, uint64_t *bytes)
{
	if (keys->typing)
		return take_size(keys, key, bytes);
	switch (key) {
	case '-':
		*bytes = whole_pages(limit_bytes - limit_bytes / 100 * STEP_PERCENT);
		return KEYS_SET;
	case '+':
	case '=': /* the same key without shift */
		*bytes = whole_pages(limit_bytes + limit_bytes / 100 * STEP_PERCENT);
		return KEYS_SET;
	case 's':
		*keys = (struct keys){ .typing = true };
		return KEYS_PROMPT;
	case 'q':
		return KEYS_QUIT;
	case '?':
	case 'h':
		return KEYS_HELP_WANTED;
	default:
		return KEYS_NONE;
	}
}

bool keys__in_foreground(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

bool keys__available(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && keys__in_foreground();
}

int keys__open(void)
{
	struct termios raw;

	/* A key that is meant for the shell must not stop us, with a limit changed: read() says EIO instead. */
	signal(SIGTTIN, SIG_IGN);
	/* The modes before the first time are those to go back to. */
	if (!opened && tcgetattr(STDIN_FILENO, &saved))
		return -errno;
	raw = saved;
	/* ^C and ^Z stay what they are. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
		return -errno;
	opened = true;
	return 0;
}

void keys__close(void)
{
	/* In the background the terminal has the shell's modes. */
	if (opened && keys__in_foreground())
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	opened = false;
}
