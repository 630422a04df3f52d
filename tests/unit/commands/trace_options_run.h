/* SPDX-License-Identifier: GPL-2.0-only */
/* Parses a command line, for the tests of the options of a trace. */
#ifndef OOMTRACE_TEST_TRACE_OPTIONS_RUN_H
#define OOMTRACE_TEST_TRACE_OPTIONS_RUN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/trace_options.h"

#define MAX_WORDS 12
#define HINT "Try 'oomtrace --help'.\n"

struct outcome {
	enum option_table_result result;
	struct trace_options opts;
	char *help;
	char *err;
};

/* Words end at the first NULL; they are copied, since argv is not const. */
static inline struct outcome run(const char *const *words)
{
	static char copies[MAX_WORDS][4200];
	char *argv[MAX_WORDS + 2] = { (char[]){ "oomtrace" } };
	struct outcome o;
	size_t help_len, err_len;
	FILE *help, *err;
	int argc = 1;

	for (size_t i = 0; i < MAX_WORDS && words[i]; i++) {
		assert_true(strlen(words[i]) < sizeof(copies[i]));
		argv[argc++] = strcpy(copies[i], words[i]);
	}
	memset(&o, 0, sizeof(o));
	memset(&o.opts, 0xaa, sizeof(o.opts));
	help = open_memstream(&o.help, &help_len);
	err = open_memstream(&o.err, &err_len);
	assert_non_null(help);
	assert_non_null(err);
	o.result = trace_options__parse(argc, argv, &o.opts, help, err);
	fclose(help);
	fclose(err);
	return o;
}

static inline void outcome__free(struct outcome *o)
{
	free(o->help);
	free(o->err);
}

#endif
