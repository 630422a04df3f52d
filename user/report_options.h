/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_REPORT_OPTIONS_H
#define OOMTRACE_REPORT_OPTIONS_H

#include <stdio.h>

#include "options.h"

enum report_format {
	REPORT_TEXT = 0,
	REPORT_FOLDED,
	REPORT_HTML,
	REPORT_CHROME,
	REPORT_FORMATS,
};

struct report_options {
	enum report_format format;
	const char *out;	/* a file; NULL: stdout */
	char **files;		/* at least one, then NULL; "-": stdin */
};

/* The name of a format, as --format takes it. */
const char *report_options__format_name(enum report_format format);

/* Parses the command line after "oomtrace report", with argv[0] any word, as options__parse() does. */
enum options_result report_options__parse(int argc, char **argv, struct report_options *out,
					  FILE *help_out, FILE *err);

#endif
