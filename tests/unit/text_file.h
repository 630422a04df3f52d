/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_TEST_TEXT_FILE_H
#define OOMTRACE_TEST_TEXT_FILE_H

#include <stdio.h>
#include <unistd.h>

/* A descriptor of a file without a name that holds the text. The caller closes it. */
static inline int text_file(const char *text)
{
	FILE *file = tmpfile();
	int fd;

	fputs(text, file);
	fflush(file);
	fd = dup(fileno(file));
	fclose(file);
	return fd;
}

#endif
