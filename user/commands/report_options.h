/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_REPORT_OPTIONS_H
#define OOMTRACE_REPORT_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "commands/trace_options.h"
#include "output/look.h"
#include "report/filter.h"
#include "terminal/colour.h"

enum report_format {
	REPORT_TEXT = 0,
	REPORT_JSON,
	REPORT_FOLDED,
	REPORT_HTML,
	REPORT_CHROME,
	REPORT_JSONL,
	REPORT_CSV,
	REPORT_FORMATS,
};

struct report_options {
	enum report_format format;
	bool no_summary, summary; /* only with REPORT_TEXT, as is detail */
	enum text_detail detail;
	enum colour_when colour;
	bool check;	 /* only with REPORT_TEXT and REPORT_JSON */
	bool compare;	 /* two recordings with one another */
	bool local_time; /* of this machine, in text */
	const char *out; /* a file; NULL: stdout */
	struct report_filter filter;
	const char *check_file; /* comes before `files`; NULL: none does */
	char **files;		/* then NULL; "-": stdin */
};

/* Parses the command line after "oomtrace report", with argv[0] any word, as trace_options__parse() does. */
enum option_table_result report_options__parse(int argc, char **argv, struct report_options *out,
					       FILE *help_out, FILE *err);

/* Whether a word of the command line is an option whose value is the next word. */
bool report_options__wants_value(const char *word);

#endif
