/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_REPORT_OPTIONS_H
#define OOMTRACE_REPORT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "commands/trace_options.h"

enum report_format {
	REPORT_TEXT = 0,
	REPORT_JSON,
	REPORT_FOLDED,
	REPORT_HTML,
	REPORT_CHROME,
	REPORT_FORMATS,
};

/* A moment, as a user gives it; what it means depends on the recording. */
struct report_time {
	enum {
		REPORT_TIME_NONE = 0,
		REPORT_TIME_WALL,     /* ns: since 1970-01-01 UTC */
		REPORT_TIME_OF_DAY,   /* ns: since midnight UTC, of the day on which a session began */
		REPORT_TIME_RELATIVE, /* ns: since a session began */
	} kind;
	int64_t ns;
};

/* Which records are left out. */
struct report_filter {
	struct report_time since, until;
	const char *cgroup; /* from the root of the hierarchy, without a slash at its end; or NULL */
	uint64_t kill;	    /* an OOM's id; 0: all */
};

struct report_options {
	enum report_format format;
	bool no_summary; /* only with REPORT_TEXT */
	const char *out; /* a file; NULL: stdout */
	struct report_filter filter;
	char **files; /* at least one, then NULL; "-": stdin */
};

/* Parses the command line after "oomtrace report", with argv[0] any word, as trace_options__parse() does. */
enum trace_options_result report_options__parse(int argc, char **argv, struct report_options *out,
						FILE *help_out, FILE *err);

#endif
