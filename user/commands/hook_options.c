// SPDX-License-Identifier: GPL-2.0-only
#include "commands/hook_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "service/hook_command.h"

#define MARK_DEFAULT 90
#define TIME_MIN_NS (100 * NS_PER_MS)
#define TIME_MAX_NS (3600 * NS_PER_S)

static int check_command(const char *arg)
{
	char **words;
	int err = hook_command__split(arg, &words);
	bool is_whole;

	if (err)
		return -EINVAL;
	/* Hooks run in "/": a path from here would lead elsewhere. */
	is_whole = words[0][0] == '/' || !strchr(words[0], '/');
	hook_command__free(words);
	return is_whole ? 0 : -EINVAL;
}

int hook_options__on_oom(void *ctx, const char *arg)
{
	((struct trace_options *)ctx)->on_oom = arg;
	return check_command(arg);
}

int hook_options__on_near_limit(void *ctx, const char *arg)
{
	struct trace_options *opts = ctx;
	size_t digits = strspn(arg, "0123456789");

	if (!digits || digits > 2 || arg[digits] != ':')
		return -EINVAL;
	opts->near_percent = (uint32_t)strtoul(arg, NULL, 10);
	opts->on_near_limit = arg + digits + 1;
	return opts->near_percent ? check_command(opts->on_near_limit) : -ERANGE;
}

int hook_options__freeze(void *ctx, const char *arg)
{
	(void)arg;
	((struct trace_options *)ctx)->freeze = true;
	return 0;
}

int hook_options__snapshot(void *ctx, const char *arg)
{
	(void)arg;
	((struct trace_options *)ctx)->snapshot = true;
	return 0;
}

void hook_options__finish(struct trace_options *opts)
{
	if (opts->snapshot && !opts->near_percent)
		opts->near_percent = MARK_DEFAULT;
}

bool hook_options__check(const struct trace_options *opts, bool has_target, FILE *err)
{
	bool has_usage = (has_target || opts->target.kind == TARGET_ALL) && !opts->no_usage;

	if ((opts->on_near_limit || opts->snapshot) && !has_usage)
		fprintf(err,
			"oomtrace: %s needs a target whose usage is recorded: --all, --container, --cgroup or --pid, "
			"without --no-usage\n",
			opts->on_near_limit ? "--on-near-limit" : "--snapshot");
	else if (opts->freeze && !opts->on_near_limit && !opts->snapshot)
		fputs("oomtrace: --freeze needs --on-near-limit or --snapshot: it holds the target still while that "
		      "command runs, or the snapshot is taken\n",
		      err);
	else if ((opts->on_oom || opts->on_near_limit || opts->snapshot) && (opts->find_min || opts->dry_run))
		fputs("oomtrace: hooks and snapshots go with a trace, not with --find-min or --dry-run\n",
		      err);
	else
		return true;
	return false;
}

int hook_options__time(void *ctx, const char *arg)
{
	struct trace_options *opts = ctx;
	int err = units__parse_duration(arg, &opts->hook_time_ns);

	if (err)
		return err;
	return opts->hook_time_ns < TIME_MIN_NS || opts->hook_time_ns > TIME_MAX_NS ? -ERANGE : 0;
}
