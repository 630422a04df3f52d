/* SPDX-License-Identifier: GPL-2.0-only */
/* To look for sentences in a text, and to say which isn't true. */
#ifndef OOMTRACE_TEST_SENTENCES_H
#define OOMTRACE_TEST_SENTENCES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

#define SIZE UNITS__TEXT_SIZE
#define PAGE 4096ULL

static char *text;

/* What a sentence that isn't true is reported with. */
static inline void demand(bool truth, const char *what, const char *line)
{
	if (!truth)
		print_message("not true (%s): %.*s\n%s\n", what, (int)strcspn(line, "\n"), line, text);
	assert_true(truth);
}

static inline const char *size_of(uint64_t pages)
{
	static char sizes[4][SIZE];
	static size_t next;

	return units__format_size(sizes[next++ % 4], SIZE, pages * PAGE);
}

/* What stands behind a label, in a block or at the end; NULL: nothing. */
static inline const char *find(const char *from, const char *label)
{
	char head[32];
	const char *at;

	snprintf(head, sizeof(head), "\n    %-9s ", label);
	at = strstr(from, head);
	return at ? at + strlen(head) : NULL;
}

static inline bool begins(const char *at, const char *words)
{
	return !strncmp(at, words, strlen(words));
}

/* Whether the line has these words. */
static inline bool has(const char *line, const char *words)
{
	const char *at = strstr(line, words);

	return at && at < line + strcspn(line, "\n");
}

#endif
