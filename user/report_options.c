// SPDX-License-Identifier: GPL-2.0-only
#include "report_options.h"

#include <errno.h>
#include <string.h>

#include "cmdline.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
enum group { GROUP_OUTPUT, GROUP_OTHER, GROUP_COUNT };

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_OUTPUT] = "Output:",
	[GROUP_OTHER] = "Other:",
};

static const char *const format_names[REPORT_FORMATS] = {
	[REPORT_TEXT] = "text",
	[REPORT_FOLDED] = "folded",
	[REPORT_HTML] = "html",
	[REPORT_CHROME] = "chrome-trace",
};

const char *report_options__format_name(enum report_format format)
{
	return format_names[format];
}

static int apply_format(void *ctx, const char *arg)
{
	struct report_options *opts = ctx;

	for (int i = 0; i < REPORT_FORMATS; i++) {
		if (strcmp(arg, format_names[i]))
			continue;
		opts->format = (enum report_format)i;
		return 0;
	}
	return -EINVAL;
}

static int apply_out(void *ctx, const char *arg)
{
	struct report_options *opts = ctx;

	if (!*arg)
		return -EINVAL;
	opts->out = strcmp(arg, "-") ? arg : NULL;
	return 0;
}

static const struct cmdline_spec specs[] = {
	{
		.group = GROUP_OUTPUT, .letter = 'f', .name = "format", .arg = "FORMAT",
		.accepts = "'text', 'html', 'chrome-trace' or 'folded'",
		.help = "text: what the live run printed (default); html: one page with charts; chrome-trace: "
			"for Perfetto; folded: sampled stacks, for flame graphs",
		.apply = apply_format,
	}, {
		.group = GROUP_OUTPUT, .letter = 'o', .name = "output", .arg = "OUT",
		.accepts = "a file to write",
		.help = "write to OUT instead of stdout",
		.apply = apply_out,
	}, {
		.group = GROUP_OTHER, .letter = 'h', .name = "help",
		.help = "print this help, and exit",
	},
};

static const struct cmdline table = {
	.command = "oomtrace report",
	.operands = "FILE...",
	.summary = "Reports from recordings: what 'oomtrace --record FILE' or '--output json' wrote. "
		   "'-' is stdin. Parts of a recording are given in the order in which they were "
		   "written.",
	.epilogue = "Exit status: 0 done; 1 a file can't be read or written, or is no recording; 2 "
		    "usage; 4 done, but lines were passed over that can't be read.",
	.specs = specs,
	.count = ARRAY_SIZE(specs),
	.group_titles = group_titles,
	.groups = GROUP_COUNT,
	.exclusive = -1,
};

enum options_result report_options__parse(int argc, char **argv, struct report_options *out,
					  FILE *help_out, FILE *err)
{
	struct report_options opts = {};
	struct cmdline_parse parse = {
		.table = &table, .ctx = &opts, .help_out = help_out, .err = err
	};

	switch (cmdline__parse(&parse, argc, argv)) {
	case CMDLINE_DONE:
		return OPTIONS_EXIT_OK;
	case CMDLINE_ERROR:
		return OPTIONS_USAGE;
	case CMDLINE_OK:
		break;
	}
	opts.files = parse.operands;
	if (!opts.files[0])
		fputs("oomtrace: which recording? Give the FILE that '--record FILE' wrote, or '-' for "
		      "stdin\n", err);
	else {
		*out = opts;
		return OPTIONS_RUN;
	}
	cmdline__hint(&parse);
	return OPTIONS_USAGE;
}
