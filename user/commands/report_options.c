// SPDX-License-Identifier: GPL-2.0-only
#include "commands/report_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "commands/option_table.h"
#include "record/sink.h"
#include "record/time.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#define TIME_ACCEPTED                                                                    \
	"a time such as '2026-11-23T20:16:55Z', '20:16' or '20:16:55.7' (UTC, or local " \
	"with --time=local) or '10s' (from the session's beginning)"

enum group { GROUP_OUTPUT, GROUP_FILTER, GROUP_OTHER, GROUP_COUNT };

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_OUTPUT] = "Output:",
	[GROUP_FILTER] = "What to report (default: all):",
	[GROUP_OTHER] = "Other:",
};

static const char *const format_names[REPORT_FORMATS] = {
	[REPORT_TEXT] = "text", [REPORT_JSON] = "json",		  [REPORT_FOLDED] = "folded",
	[REPORT_HTML] = "html", [REPORT_CHROME] = "chrome-trace", [REPORT_JSONL] = "jsonl",
	[REPORT_CSV] = "csv",
};

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

static int apply_no_summary(void *ctx, const char *arg)
{
	struct report_options *opts = ctx;

	(void)arg;
	opts->no_summary = true;
	return 0;
}

static int apply_summary(void *ctx, const char *arg)
{
	struct report_options *opts = ctx;

	(void)arg;
	opts->summary = true;
	return 0;
}

static int apply_brief(void *ctx, const char *arg)
{
	struct report_options *opts = ctx;

	(void)arg;
	opts->detail = TEXT_BRIEF;
	return 0;
}

static int apply_verbose(void *ctx, const char *arg)
{
	struct report_options *opts = ctx;

	(void)arg;
	opts->detail = TEXT_ALL;
	return 0;
}

static int apply_colour(void *ctx, const char *arg)
{
	return colour__parse(arg, &((struct report_options *)ctx)->colour);
}

static int apply_compare(void *ctx, const char *arg)
{
	(void)arg;
	((struct report_options *)ctx)->compare = true;
	return 0;
}

static int apply_time(void *ctx, const char *arg)
{
	return colour__parse_zone(arg, &((struct report_options *)ctx)->local_time);
}

/* "--check=FILE" is one more file. */
static int apply_check(void *ctx, const char *arg)
{
	struct report_options *opts = ctx;

	if (arg && (!*arg || opts->check_file))
		return -EINVAL;
	opts->check = true;
	if (arg)
		opts->check_file = arg;
	return 0;
}

/* "20:16:55" and "20:16:55.7", as text has it, and "20:16". */
static bool parse_time_of_day(const char *arg, int64_t *ns)
{
	char text[64];

	if (strlen(arg) > 32 || strchr(arg, 'Z') || strchr(arg, '+') || strchr(arg, '-'))
		return false;
	snprintf(text, sizeof(text), "1970-01-01T%s%sZ", arg, strlen(arg) == strlen("20:16") ? ":00" : "");
	return !record_time__parse(text, ns);
}

static int parse_time(const char *arg, struct report_time *out)
{
	uint64_t relative_ns;
	int err;

	if (!record_time__parse(arg, &out->ns)) {
		out->kind = REPORT_TIME_WALL;
		return 0;
	}
	if (parse_time_of_day(arg, &out->ns)) {
		out->kind = REPORT_TIME_OF_DAY;
		return 0;
	}
	err = units__parse_duration(arg, &relative_ns);
	if (!err && relative_ns > INT64_MAX)
		return -ERANGE;
	out->kind = REPORT_TIME_RELATIVE;
	out->ns = (int64_t)relative_ns;
	return err;
}

static int apply_since(void *ctx, const char *arg)
{
	return parse_time(arg, &((struct report_options *)ctx)->filter.since);
}

static int apply_until(void *ctx, const char *arg)
{
	return parse_time(arg, &((struct report_options *)ctx)->filter.until);
}

static int apply_cgroup(void *ctx, const char *arg)
{
	struct report_options *opts = ctx;
	size_t root = strlen(CGROUP_ROOT);

	/* As it is in the file system, or as records have it. */
	if (!strncmp(arg, CGROUP_ROOT, root) && (arg[root] == '/' || !arg[root]))
		arg += root;
	if (*arg && *arg != '/')
		return -EINVAL;
	opts->filter.cgroup = arg;
	return 0;
}

static int apply_kill(void *ctx, const char *arg)
{
	struct report_options *opts = ctx;
	char *end;

	if (*arg < '0' || *arg > '9')
		return -EINVAL;
	errno = 0;
	opts->filter.kill = strtoull(arg, &end, 10);
	if (*end)
		return -EINVAL;
	return errno || !opts->filter.kill ? -ERANGE : 0;
}

static const struct option_table_spec specs[] = {
	{
		.group = GROUP_OUTPUT,
		.letter = 'f',
		.name = "format",
		.arg = "FORMAT",
		.accepts = "'text', 'json', 'jsonl', 'html', 'csv', 'chrome-trace' or 'folded'",
		.help = "text: a verdict, a timeline, then what the live run printed (default); json: one document; jsonl: records, a line each; html: one page with charts; csv: kills and steps, a row each; chrome-trace: for Perfetto; folded: stacks for flame graphs",
		.apply = apply_format,
	},
	{
		.group = GROUP_OUTPUT,
		.letter = 'o',
		.name = "output",
		.arg = "OUT",
		.accepts = "a file to write",
		.help = "write to OUT instead of stdout",
		.apply = apply_out,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "no-summary",
		.help = "text without verdict and timeline: only what the live run printed",
		.apply = apply_no_summary,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "summary",
		.help = "the verdict and a table of kills, and nothing else",
		.apply = apply_summary,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "brief",
		.help = "text with a line for each run of the OOM killer",
		.apply = apply_brief,
	},
	{
		.group = GROUP_OUTPUT,
		.letter = 'v',
		.name = "verbose",
		.help = "text with all that is known of each run and each write; without it the first of its "
			"kind has a block, and those like it a line each",
		.apply = apply_verbose,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "compare",
		.help = "the figures of two recordings side by side, as text, json or html: did a change help?",
		.apply = apply_compare,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "color",
		.arg = "WHEN",
		.accepts = "'auto', 'always' or 'never'",
		.help = "colours in text: auto (on a terminal; default), always or never",
		.apply = apply_colour,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "time",
		.arg = "ZONE",
		.accepts = "'utc' or 'local'",
		.help = "times in text, and of --since and --until: utc (default), or local with this machine's offset",
		.apply = apply_time,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "check",
		.optional = true,
		.accepts = "a recording, once; other files come after the options",
		.help = "hold each kill of the recordings against the kernel logs among the FILEs (without one: against this machine's log), as text or json; exit status 5 when they differ",
		.apply = apply_check,
	},
	{
		.group = GROUP_FILTER,
		.name = "since",
		.arg = "TIME",
		.accepts = TIME_ACCEPTED,
		.help = "leave out what happened before TIME: 2026-11-23T20:16:55Z, 20:16 or 20:16:55.7 (UTC; local with --time=local), or 10s from the session's beginning",
		.apply = apply_since,
	},
	{
		.group = GROUP_FILTER,
		.name = "until",
		.arg = "TIME",
		.accepts = TIME_ACCEPTED,
		.help = "leave out what happened after TIME",
		.apply = apply_until,
	},
	{
		.group = GROUP_FILTER,
		.name = "cgroup",
		.arg = "PATH",
		.accepts = "the path of a cgroup, such as /system.slice or /sys/fs/cgroup/system.slice",
		.help = "one cgroup and all below it",
		.apply = apply_cgroup,
	},
	{
		.group = GROUP_FILTER,
		.name = "kill",
		.arg = "N",
		.accepts = "the number of an OOM, as text shows it, such as 3",
		.help = "OOM N alone, with its victims' ends and the writes of limits",
		.apply = apply_kill,
	},
	{
		.group = GROUP_OTHER,
		.letter = 'h',
		.name = "help",
		.help = "print this help, and exit",
	},
};

static const struct option_table_other others[] = {
	{ "html", "--format html" },	 { "json", "--format json" },
	{ "jsonl", "--format jsonl" },	 { "text", "--format text" },
	{ "folded", "--format folded" }, { "chrome-trace", "--format chrome-trace" },
	{ "csv", "--format csv" },	 {},
};

static const struct option_table table = {
	.command = "oomtrace report",
	.operands = "[FILE]...",
	.summary = "Reports what happened, from recordings (what 'oomtrace --record FILE' or "
		   "'--output json' wrote) and from kernel logs (of dmesg, journalctl, syslog or a console), "
		   "packed by gzip, xz or zstd or not. '-' is stdin. Give the parts of a recording in the "
		   "order in which they were written. Without a FILE: the log of this machine, for root.",
	.epilogue =
		"Exit status: 0 done, also when nothing was killed; 1 a file cannot be read or written; 2 "
		"wrong command line; 3 this machine's log can't be read; 4 done, but some lines could not be read and were skipped; 5 --check: the recording and the log differ.",
	.specs = specs,
	.count = ARRAY_SIZE(specs),
	.group_titles = group_titles,
	.groups = GROUP_COUNT,
	.exclusive = -1,
	.others = others,
};

bool report_options__wants_value(const char *word)
{
	size_t len = strlen(word);

	if (len < 2 || word[0] != '-')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		const struct option_table_spec *spec = &specs[i];
		bool named = word[1] == '-' ? len > 2 && !strncmp(spec->name, word + 2, len - 2)
					    : len == 2 && spec->letter == word[1];

		if (named)
			return spec->arg && !spec->optional;
	}
	return false;
}

enum option_table_result report_options__parse(int argc, char **argv, struct report_options *out,
					       FILE *help_out, FILE *err)
{
	struct report_options opts = {};
	struct option_table_parse parse = { .table = &table, .ctx = &opts, .help_out = help_out, .err = err };
	enum option_table_result result;

	result = option_table__parse(&parse, argc, argv);
	if (result != OPTION_TABLE_RUN)
		return result;
	opts.files = parse.operands;
	opts.filter.local_time = opts.local_time;
	if (opts.no_summary && opts.format != REPORT_TEXT)
		fputs("oomtrace: --no-summary goes with '--format text' only\n", err);
	else if ((opts.summary || opts.detail != TEXT_DEFAULT) && opts.format != REPORT_TEXT)
		fputs("oomtrace: --summary, --brief and --verbose go with '--format text' only\n", err);
	else if (opts.compare && opts.format != REPORT_TEXT && opts.format != REPORT_JSON &&
		 opts.format != REPORT_HTML)
		fputs("oomtrace: --compare goes with '--format text', '--format json' and '--format html' only\n",
		      err);
	else if (opts.compare &&
		 (opts.summary || opts.no_summary || opts.check || opts.detail != TEXT_DEFAULT))
		fputs("oomtrace: --compare goes without --summary, --no-summary, --brief, --verbose and --check\n",
		      err);
	else if (opts.compare && (!opts.files[0] || !opts.files[1] || opts.files[2]))
		fputs("oomtrace: --compare takes two recordings, for example 'oomtrace report --compare "
		      "before.jsonl after.jsonl'\n",
		      err);
	else if (opts.summary && (opts.no_summary || opts.detail != TEXT_DEFAULT))
		fputs("oomtrace: --summary goes without --no-summary, --brief and --verbose\n", err);
	else if (opts.check && opts.format != REPORT_TEXT && opts.format != REPORT_JSON)
		fputs("oomtrace: --check goes with '--format text' and '--format json' only\n", err);
	else {
		*out = opts;
		return OPTION_TABLE_RUN;
	}
	return option_table__hint(&parse);
}
