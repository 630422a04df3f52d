// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/console.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/array.h"

#define COLUMNS_DEFAULT 80

struct console {
	FILE *out;
	unsigned int drawn; /* columns of the line that is there; 0: none is */
};

/* Whatever became of an earlier write, the terminal is still there: errors show when records are written. */
static void write_all(const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(STDOUT_FILENO, bytes, size);

		if (written < 0 && errno != EINTR)
			return;
		if (written > 0) {
			bytes += written;
			size -= (size_t)written;
		}
	}
}

void console__clear(struct console *console)
{
	char codes[32];
	unsigned int columns;
	int len;

	if (!console || !console->drawn)
		return;
	columns = console__columns(console);
	/*
	 * If the terminal has become narrower, the line may take several rows now. Else no more than its row is
	 * erased: some terminals take the erasing of all rows for a page to be kept.
	 */
	if (console->drawn > columns)
		len = snprintf(codes, sizeof(codes), "\033[%uA\r\033[J", (console->drawn - 1) / columns);
	else
		len = snprintf(codes, sizeof(codes), "\r\033[K");
	write_all(codes, (size_t)len);
	console->drawn = 0;
}

static ssize_t write_record(void *cookie, const char *bytes, size_t size)
{
	ssize_t written;

	console__clear(cookie);
	do
		written = write(STDOUT_FILENO, bytes, size);
	while (written < 0 && errno == EINTR);
	return written < 0 ? 0 : written; /* fopencookie(3): an error is 0 */
}

static bool is_capable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

struct console *console__new(void)
{
	cookie_io_functions_t functions = { .write = write_record };
	struct console *console;

	if (!is_capable())
		return NULL;
	console = calloc(1, sizeof(*console));
	if (!console)
		return NULL;
	console->out = fopencookie(console, "w", functions);
	if (console->out)
		return console;
	free(console);
	return NULL;
}

void console__free(struct console *console)
{
	if (!console)
		return;
	fclose(console->out);
	console__clear(console);
	free(console);
}

FILE *console__out(struct console *console)
{
	return console->out;
}

unsigned int console__columns(const struct console *console)
{
	struct winsize size;

	(void)console;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return COLUMNS_DEFAULT;
	return size.ws_col;
}

void console__draw(struct console *console, const char *line, unsigned int width)
{
	char bytes[CONSOLE__LINE_MAX + 8];
	pid_t foreground = tcgetpgrp(STDOUT_FILENO);
	int len;

	/* In the background the line is the shell's. */
	if (foreground > 0 && foreground != getpgrp())
		return;
	if (console->drawn > console__columns(console))
		console__clear(console);
	/* Written over what is there, in one go: erasing it first would flicker. */
	len = snprintf(bytes, sizeof(bytes), "\r%s\033[K", line);
	write_all(bytes, len < (int)sizeof(bytes) ? (size_t)len : sizeof(bytes) - 1);
	console->drawn = width;
}

/* Whether the terminal's encoding is UTF-8, as far as the environment says. */
static bool is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		/* The first that is set counts, as in setlocale(3). */
		if (value && *value)
			return strcasestr(value, "UTF-8") || strcasestr(value, "utf8");
	}
	return false;
}

static bool has_colour(enum colour_when colour)
{
	const char *no_colour = getenv("NO_COLOR"); /* https://no-color.org */

	if (colour != COLOUR_AUTO)
		return colour == COLOUR_ALWAYS;
	return is_capable() && !(no_colour && *no_colour);
}

static unsigned int wrap_columns(void)
{
	const char *columns = getenv("COLUMNS");
	unsigned long value = 0;

	if (isatty(STDOUT_FILENO))
		return console__columns(NULL);
	if (columns && *columns >= '1' && *columns <= '9')
		value = strtoul(columns, NULL, 10);
	return value < 10000 ? (unsigned int)value : 0;
}

static unsigned int ask_columns(void)
{
	return console__columns(NULL);
}

struct text_look console__look(enum colour_when colour)
{
	return (struct text_look){
		.colour = has_colour(colour),
		.ascii = isatty(STDOUT_FILENO) && !is_utf8(),
		.columns = wrap_columns(),
		.ask_columns = isatty(STDOUT_FILENO) ? ask_columns : NULL,
	};
}
