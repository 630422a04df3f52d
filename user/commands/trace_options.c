// SPDX-License-Identifier: GPL-2.0-only
#include "commands/trace_options.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/array.h"
#include "base/units.h"
#include "commands/hook_options.h"
#include "commands/option_table.h"
#include "commands/record_options.h"
#include "commands/target_options.h"
#include "commands/trace_options_check.h"

#ifndef OOMTRACE_VERSION
#error "OOMTRACE_VERSION must be defined as a string by the build"
#endif

enum group { GROUP_TARGET, GROUP_LIMIT, GROUP_OUTPUT, GROUP_STOP, GROUP_HOOK, GROUP_OTHER, GROUP_COUNT };

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_TARGET] = "Target (default: every OOM kill on the machine):",
	[GROUP_LIMIT] = "Changing the target's memory.max:",
	[GROUP_OUTPUT] = "Output:",
	[GROUP_STOP] = "When to stop (default: on ^C):",
	[GROUP_HOOK] = "Commands of yours (hooks):",
	[GROUP_OTHER] = "Other:",
};

struct parse {
	struct trace_options opts;
	FILE *help_out;
};

static int apply_wait(void *ctx, const char *arg)
{
	struct parse *p = ctx;

	(void)arg;
	p->opts.wait = true;
	return 0;
}

static int apply_set_max(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	int ret = units__parse_size(arg, &p->opts.changes.max_bytes);

	if (!ret && !ramp__is_limit(p->opts.changes.max_bytes) && p->opts.changes.max_bytes != UINT64_MAX)
		return -ERANGE;
	p->opts.changes.has_max = true;
	return ret;
}

static int apply_ramp(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	p->opts.changes.has_ramp = true;
	return ramp__parse(arg, &p->opts.changes.ramp);
}

static int apply_find_min(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.find_min = true;
	return 0;
}

static int apply_hold(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	return units__parse_duration(arg, &p->opts.hold_ns);
}

static int apply_keep(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.keep = true;
	return 0;
}

static int apply_restore(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.restore = true;
	return 0;
}

static int apply_interactive(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.interactive = true;
	return 0;
}

static int apply_output(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	if (!strcmp(arg, "text"))
		p->opts.output = TRACE_OPTIONS_OUTPUT_TEXT;
	else if (!strcmp(arg, "json"))
		p->opts.output = TRACE_OPTIONS_OUTPUT_JSON;
	else
		return -EINVAL;
	return 0;
}

static int apply_stacks(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.stacks = true;
	return 0;
}

static int apply_folded(void *ctx, const char *arg)
{
	struct parse *p = ctx;

	if (!*arg)
		return -EINVAL;
	p->opts.stacks = true;
	p->opts.folded_path = arg;
	return 0;
}

static int apply_duration(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	return units__parse_duration(arg, &p->opts.duration_ns); /* never to 0, "no limit" */
}

static int apply_ring_size(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	uint64_t bytes, page = (uint64_t)sysconf(_SC_PAGESIZE);
	int ret = units__parse_size(arg, &bytes);

	if (ret)
		return ret;
	if (bytes < TRACE_OPTIONS_RING_BYTES_MIN || bytes > TRACE_OPTIONS_RING_BYTES_MAX || bytes < page)
		return -ERANGE;
	if (bytes & (bytes - 1))
		return -EINVAL;
	p->opts.ring_bytes = (uint32_t)bytes;
	return 0;
}

static int apply_until_exit(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.until_exit = true;
	return 0;
}

static int apply_dry_run(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.dry_run = true;
	return 0;
}

static int apply_verbose(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.verbose = true;
	return 0;
}

static int apply_brief(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.brief = true;
	return 0;
}

static int apply_colour(void *ctx, const char *arg)
{
	return colour__parse(arg, &((struct parse *)ctx)->opts.colour);
}

static int apply_time(void *ctx, const char *arg)
{
	return colour__parse_zone(arg, &((struct parse *)ctx)->opts.local_time);
}

static int apply_no_usage(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.no_usage = true;
	return 0;
}

static int apply_kernel_log(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.kernel_log = true;
	return 0;
}

static int apply_force_kprobes(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	p->opts.force_kprobes = true;
	return 0;
}

static int apply_version(void *ctx, const char *arg)
{
	struct parse *p = ctx;
	(void)arg;
	fprintf(p->help_out, "oomtrace %s\nlibbpf %s\n", OOMTRACE_VERSION, libbpf_version_string());
	return OPTION_TABLE_STOP;
}

static const struct option_table_spec specs[] = {
	TARGET_OPTIONS__SPECS(GROUP_TARGET),
	{
		.group = GROUP_LIMIT,
		.name = "set-max",
		.arg = "SIZE",
		.accepts = "a size of at least a page, such as '512M', or 'max'",
		.help = "set memory.max to SIZE; with --ramp, after its last step",
		.apply = apply_set_max,
	},
	{
		.group = GROUP_LIMIT,
		.name = "ramp",
		.arg = "FROM:TO:STEP@INTERVAL",
		.accepts = "two sizes, a step in bytes or percent, and a time, such as "
			   "'512M:20M:-32M@2s' or 'now:20M:-10%@1s'",
		.help = "change memory.max step by step, such as 512M:20M:-32M@2s or now:20M:-10%@1s",
		.apply = apply_ramp,
	},
	{
		.group = GROUP_LIMIT,
		.name = "find-min",
		.help = "find the smallest memory.max that the target can live with; kills nothing, because it lowers memory.high instead",
		.apply = apply_find_min,
	},
	{
		.group = GROUP_LIMIT,
		.name = "hold",
		.arg = "TIME",
		.accepts = "a time above 0 with its unit, such as '10s'",
		.help = "how long --find-min watches each limit (default: 10s)",
		.apply = apply_hold,
	},
	{
		.group = GROUP_LIMIT,
		.name = "restore",
		.help = "put the old limit back at the end even when that kills; by default it is put back however oomtrace ends, unless the target needs more by then",
		.apply = apply_restore,
	},
	{
		.group = GROUP_LIMIT,
		.name = "keep",
		.help = "leave the last limit",
		.apply = apply_keep,
	},
	{
		.group = GROUP_LIMIT,
		.name = "interactive",
		.help = "let keys on the terminal change the limit: - and + by 10 %, s to a size",
		.apply = apply_interactive,
	},
	{
		.group = GROUP_OUTPUT,
		.letter = 'o',
		.name = "output",
		.arg = "text|json",
		.accepts = "'text' or 'json', for example '--output json'",
		.help = "print text for people (default) or JSON Lines for programs",
		.apply = apply_output,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "stacks",
		.help = "sample user and kernel stacks where memory is charged; print the largest at the end",
		.apply = apply_stacks,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "folded",
		.arg = "FILE",
		.accepts = "a file to write, such as 'web.folded'",
		.help = "sample stacks, and write them to FILE for flamegraph.pl or speedscope",
		.apply = apply_folded,
	},
	RECORD_OPTIONS__SPECS(GROUP_OUTPUT),
	{
		.group = GROUP_OUTPUT,
		.name = "no-usage",
		.help = "don't record the target's usage, refused charges and reclaim",
		.apply = apply_no_usage,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "kernel-log",
		.help = "follow the kernel's log too: add what only it has of an OOM, such as the machine's zones, and say where the two differ",
		.apply = apply_kernel_log,
	},
	{
		.group = GROUP_STOP,
		.name = "duration",
		.arg = "TIME",
		.accepts = "a time above 0 with its unit, such as '500ms', '30s' or '5m'",
		.help = "after TIME, such as 500ms, 30s or 5m",
		.apply = apply_duration,
	},
	{
		.group = GROUP_OTHER,
		.name = "wait",
		.help = "wait for a container or cgroup that isn't there yet, or was made and not started",
		.apply = apply_wait,
	},
	{
		.group = GROUP_STOP,
		.name = "until-exit",
		.help = "when the target's last process is gone (default with a container that isn't restarted)",
		.apply = apply_until_exit,
	},
	HOOK_OPTIONS__NEAR_LIMIT_SPECS(GROUP_HOOK),
	{
		.group = GROUP_HOOK,
		.name = "snapshot",
		.help = "note what the memory holds when usage passes that mark (without a command: 90 percent)",
		.apply = hook_options__snapshot,
	},
	HOOK_OPTIONS__SPECS(GROUP_HOOK),
	{
		.group = GROUP_OTHER,
		.name = "dry-run",
		.help = "print what would be traced, and how, and exit",
		.apply = apply_dry_run,
	},
	{
		.group = GROUP_OTHER,
		.name = "ring-size",
		.arg = "SIZE",
		.accepts = "a power of two from 4K to 256M, and at least a page, such as '4M'",
		.help = "size of the buffer between the kernel and oomtrace: a power of two from 4K to 256M (default: 1M)",
		.apply = apply_ring_size,
	},
	{
		.group = GROUP_OTHER,
		.name = "brief",
		.help = "text with a line for each run of the OOM killer",
		.apply = apply_brief,
	},
	{
		.group = GROUP_OTHER,
		.name = "color",
		.arg = "WHEN",
		.accepts = "'auto', 'always' or 'never'",
		.help = "colours in text: auto (on a terminal; default), always or never",
		.apply = apply_colour,
	},
	{
		.group = GROUP_OTHER,
		.name = "time",
		.arg = "ZONE",
		.accepts = "'utc' or 'local'",
		.help = "times in text: utc (default), or local with this machine's offset",
		.apply = apply_time,
	},
	{
		.group = GROUP_OTHER,
		.letter = 'v',
		.name = "verbose",
		.help = "print all that is known of each OOM and each write, and on stderr what oomtrace does and what the kernel says",
		.apply = apply_verbose,
	},
	{
		.group = GROUP_OTHER,
		.letter = 'V',
		.name = "version",
		.help = "print the versions of oomtrace and libbpf, and exit",
		.apply = apply_version,
	},
	{
		.group = GROUP_OTHER,
		.letter = 'h',
		.name = "help",
		.help = "print this help, and exit",
	},
	{
		.group = GROUP_OTHER,
		.name = "force-kprobes",
		.hidden = true,
		.help = "attach by kprobes although BTF programs would work",
		.apply = apply_force_kprobes,
	},
};

static const struct option_table_command subcommands[] = {
	{ "report", "a report of what --record wrote, or of a kernel log" },
	{ "service", "trace always, and keep each incident on disk" },
	{ "list", "the incidents that the service has kept, a line each" },
	{ "show", "one of them, as a report" },
	{ "help", NULL },
	{},
};

static const struct option_table table = {
	.command = "oomtrace",
	.summary = "Tells why the kernel's OOM killer killed a process: which limit was hit, who set it, "
		   "how usage got there, and whether the container survived. Traces until ^C.",
	.epilogue = "Exit status: 0 done; 1 something failed; 2 wrong command line; 3 this kernel or "
		    "these privileges cannot do it; 4 done, but events were lost.",
	.specs = specs,
	.count = ARRAY_SIZE(specs),
	.group_titles = group_titles,
	.groups = GROUP_COUNT,
	.exclusive = GROUP_TARGET,
	.guess = target_options__guess,
	.subcommands = subcommands,
	.file_command = "report",
	.others = (const struct option_table_other[]){ { "json", "--output json" },
						       { "html", "oomtrace report --format html" },
						       {} },
};

enum option_table_result trace_options__parse(int argc, char **argv, struct trace_options *out,
					      FILE *help_out, FILE *err)
{
	struct parse p = {
		.opts = { .ring_bytes = TRACE_OPTIONS_RING_BYTES_DEFAULT,
			  .hook_time_ns = HOOK_OPTIONS__TIME_DEFAULT_NS },
		.help_out = help_out,
	};
	struct option_table_parse parse = { .table = &table, .ctx = &p, .help_out = help_out, .err = err };
	enum option_table_result result;
	bool has_target;

	result = option_table__parse(&parse, argc, argv);
	if (result != OPTION_TABLE_RUN)
		return result;
	/* All cgroups are no target: it has no end, and no limit to change. */
	has_target = parse.chosen && p.opts.target.kind != TARGET_ALL;
	if (!trace_options_check__all(&p.opts, has_target, err) || !record_options__check(&p.opts, err) ||
	    !hook_options__check(&p.opts, has_target, err))
		return option_table__hint(&parse);
	if (p.opts.record && !strcmp(p.opts.record, "-")) {
		p.opts.output = TRACE_OPTIONS_OUTPUT_JSON;
		p.opts.record = NULL;
	}
	hook_options__finish(&p.opts);
	if (!p.opts.hold_ns)
		p.opts.hold_ns = TRACE_OPTIONS_HOLD_NS_DEFAULT;
	*out = p.opts;
	return OPTION_TABLE_RUN;
}
