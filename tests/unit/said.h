/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said on stderr between said_begin() and said_end(). */
#ifndef OOMTRACE_TEST_SAID_H
#define OOMTRACE_TEST_SAID_H

#include <stdio.h>
#include <unistd.h>

static int said_stderr = -1;
static FILE *said_file;

static inline void said_begin(void)
{
	fflush(stderr);
	said_stderr = dup(STDERR_FILENO);
	said_file = tmpfile();
	assert_non_null(said_file);
	assert_true(dup2(fileno(said_file), STDERR_FILENO) >= 0);
}

/* The text, valid until the next call. */
static inline const char *said_end(void)
{
	static char text[4096];
	size_t len;

	fflush(stderr);
	assert_true(dup2(said_stderr, STDERR_FILENO) >= 0);
	close(said_stderr);
	rewind(said_file);
	len = fread(text, 1, sizeof(text) - 1, said_file);
	text[len] = '\0';
	fclose(said_file);
	return text;
}

#endif
