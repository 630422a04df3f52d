// SPDX-License-Identifier: GPL-2.0-only
#include "commands/service_options.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "commands/hook_options.h"
#include "commands/service_config.h"
#include "commands/target_options.h"
#include "service/store_folder.h"

#define STORE_BYTES_MIN (1U << 20)
#define STORE_BYTES_DEFAULT (256U << 20)

enum group { GROUP_TARGET, GROUP_STORE, GROUP_HOOK, GROUP_OTHER, GROUP_COUNT };

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_TARGET] = "Target (default: the whole machine):",
	[GROUP_STORE] = "Incidents:",
	[GROUP_HOOK] = "Commands of yours (hooks):",
	[GROUP_OTHER] = "Other:",
};

/* The options come first: those that are the trace's take this for them. */
struct parse {
	struct trace_options opts;
	const char *root; /* of the configuration's files */
	bool check, no_snapshot;
};

static int apply_store(void *ctx, const char *arg)
{
	if (!*arg)
		return -EINVAL;
	((struct trace_options *)ctx)->store = arg;
	return 0;
}

static int apply_store_size(void *ctx, const char *arg)
{
	struct trace_options *opts = ctx;
	int err = units__parse_size(arg, &opts->store_bytes);

	if (err)
		return err;
	if (opts->store_bytes == UINT64_MAX)
		opts->store_bytes = 0;
	return opts->store_bytes && opts->store_bytes < STORE_BYTES_MIN ? -ERANGE : 0;
}

static int apply_store_age(void *ctx, const char *arg)
{
	return units__parse_duration(arg, &((struct trace_options *)ctx)->store_age_ns);
}

static int apply_check(void *ctx, const char *arg)
{
	(void)arg;
	((struct parse *)ctx)->check = true;
	return 0;
}

static int apply_root(void *ctx, const char *arg)
{
	((struct parse *)ctx)->root = arg;
	return 0;
}

static int apply_kernel_log(void *ctx, const char *arg)
{
	(void)arg;
	((struct trace_options *)ctx)->kernel_log = true;
	return 0;
}

static int apply_time(void *ctx, const char *arg)
{
	return colour__parse_zone(arg, &((struct trace_options *)ctx)->local_time);
}

static int apply_colour(void *ctx, const char *arg)
{
	return colour__parse(arg, &((struct trace_options *)ctx)->colour);
}

/* The service takes them without being asked. */
static int apply_no_snapshot(void *ctx, const char *arg)
{
	(void)arg;
	((struct parse *)ctx)->no_snapshot = true;
	return 0;
}

static int apply_verbose(void *ctx, const char *arg)
{
	(void)arg;
	((struct trace_options *)ctx)->verbose = true;
	return 0;
}

static const struct option_table_spec specs[] = {
	TARGET_OPTIONS__SELECTION_SPECS(GROUP_TARGET),
	{
		.group = GROUP_STORE,
		.name = "store",
		.arg = "DIR",
		.accepts = "a folder that only its owner may write to, such as " STORE_FOLDER,
		.help = "where incidents are kept (default: " STORE_FOLDER "); made if it isn't there",
		.standard = STORE_FOLDER,
		.apply = apply_store,
	},
	{
		.group = GROUP_STORE,
		.name = "store-size",
		.arg = "SIZE",
		.accepts = "a size of at least 1M, such as '256M', or 'max'",
		.help = "remove the oldest incidents when all have more than SIZE (default: 256M)",
		.standard = "256M",
		.apply = apply_store_size,
	},
	{
		.group = GROUP_STORE,
		.name = "store-age",
		.arg = "TIME",
		.accepts = "a time with its unit, such as '720h'",
		.help = "remove incidents that are older than TIME (default: no incident is removed for its age)",
		.apply = apply_store_age,
	},
	HOOK_OPTIONS__SPECS(GROUP_HOOK),
	HOOK_OPTIONS__NEAR_LIMIT_SPECS(GROUP_HOOK),
	{
		.group = GROUP_HOOK,
		.name = "no-snapshot",
		.help = "don't note what the memory of a cgroup holds when its usage passes that mark",
		.apply = apply_no_snapshot,
	},
	{
		.group = GROUP_OTHER,
		.name = "kernel-log",
		.help = "follow the kernel's log too: add what only it has of an OOM, and say where the two differ",
		.apply = apply_kernel_log,
	},
	{
		.group = GROUP_OTHER,
		.name = "color",
		.arg = "WHEN",
		.accepts = "'auto', 'always' or 'never'",
		.help = "colours in text: auto (on a terminal; default), always or never",
		.standard = "auto",
		.apply = apply_colour,
	},
	{
		.group = GROUP_OTHER,
		.name = "time",
		.arg = "ZONE",
		.accepts = "'utc' or 'local'",
		.help = "times in text: utc (default), or local with this machine's offset",
		.standard = "utc",
		.apply = apply_time,
	},
	{
		.group = GROUP_OTHER,
		.letter = 'v',
		.name = "verbose",
		.help = "print all that is known of each OOM instead of a line, and what oomtrace does",
		.apply = apply_verbose,
	},
	{
		.group = GROUP_OTHER,
		.name = "check",
		.help = "print what holds, by the configuration and these options, and from which line; trace nothing",
		.command_line = true,
		.apply = apply_check,
	},
	{
		.group = GROUP_OTHER,
		.name = "config-root",
		.arg = "DIR",
		.accepts = "a folder",
		.help = "read the configuration below DIR",
		.hidden = true,
		.apply = apply_root,
	},
	{
		.group = GROUP_OTHER,
		.letter = 'h',
		.name = "help",
		.help = "print this help, and exit",
	},
};

static const struct option_table table = {
	.command = "oomtrace service",
	.summary =
		"Traces every OOM kill on the machine, or of some containers and cgroups, until it is told to end, with a "
		"flight recorder of usage for each cgroup (as --all of oomtrace), prints a line for each, and keeps "
		"each incident as a recording in a folder of bounded size: 'oomtrace list' lists them, 'oomtrace "
		"show' shows one. As a unit of systemd: 'systemctl enable --now oomtrace'. Options may stand in "
		"/etc/oomtrace/oomtrace.conf, too, such as 'store-size = 1G'.",
	.epilogue = "Exit status: as that of oomtrace.",
	.specs = specs,
	.count = ARRAY_SIZE(specs),
	.group_titles = group_titles,
	.groups = GROUP_COUNT,
	.exclusive = -1,
};

static const struct parse defaults = {
	.opts = { .ring_bytes = TRACE_OPTIONS_RING_BYTES_DEFAULT,
		  .target = { .kind = TARGET_ALL },
		  .store = STORE_FOLDER,
		  .store_bytes = STORE_BYTES_DEFAULT,
		  .hook_time_ns = HOOK_OPTIONS__TIME_DEFAULT_NS },
	.root = "",
};

/* What the options mean together; false after it has said what doesn't go. */
static bool finish(struct parse *p, FILE *err)
{
	/* It starts before its targets, and outlives them: a name is no different from a pattern. */
	if (p->opts.target.selection_count) {
		p->opts.target.kind = TARGET_MANY;
		p->opts.target.name = NULL;
		p->opts.wait = true;
	}
	p->opts.snapshot = !p->no_snapshot;
	if (p->opts.target.kind == TARGET_MANY && p->opts.kernel_log) {
		fputs("oomtrace: kernel-log is of the whole machine: it doesn't go with container and cgroup\n",
		      err);
		return false;
	}
	if (!hook_options__check(&p->opts, p->opts.target.kind == TARGET_MANY, err))
		return false;
	hook_options__finish(&p->opts);
	return true;
}

enum option_table_result service_options__parse(int argc, char **argv, struct trace_options *out,
						FILE *help_out, FILE *err)
{
	/* The command line twice: it says where the configuration is, and goes before it. */
	struct parse first = defaults, p = defaults, scratch = defaults;
	struct option_table_parse parse = {
		.table = &table, .ctx = &first, .help_out = help_out, .err = err
	};
	enum option_table_result result = option_table__parse(&parse, argc, argv);
	struct service_config *config;
	int wrong;

	if (result != OPTION_TABLE_RUN)
		return result;
	wrong = service_config__apply(first.root, &table, &p, &scratch, err, &config);
	if (wrong < 0) {
		fputs("oomtrace: there is no memory.\n", err);
		return OPTION_TABLE_USAGE;
	}
	parse = (struct option_table_parse){ .table = &table,
					     .ctx = &p,
					     .help_out = help_out,
					     .err = err,
					     .note = service_config__note,
					     .note_ctx = config };
	result = option_table__parse(&parse, argc, argv);
	if (result == OPTION_TABLE_RUN && !finish(&p, err))
		wrong = true;
	if (result == OPTION_TABLE_RUN && wrong) {
		result = OPTION_TABLE_USAGE;
	} else if (result == OPTION_TABLE_RUN && p.check) {
		service_config__print(config, help_out);
		result = OPTION_TABLE_DONE;
	}
	if (result != OPTION_TABLE_RUN) {
		service_config__free(config);
		return result;
	}
	p.opts.brief = !p.opts.verbose;
	p.opts.config = config;
	*out = p.opts;
	return OPTION_TABLE_RUN;
}
