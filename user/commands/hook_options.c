// SPDX-License-Identifier: GPL-2.0-only
#include "commands/hook_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "service/hook_command.h"

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

bool hook_options__check(const struct trace_options *opts, bool has_target, FILE *err)
{
	if (opts->on_near_limit && (!has_target || opts->no_usage))
		fputs("oomtrace: --on-near-limit needs a target whose usage is recorded: --container, --cgroup or "
		      "--pid, without --no-usage\n",
		      err);
	else if (opts->freeze && !opts->on_near_limit)
		fputs("oomtrace: --freeze needs --on-near-limit: it holds the target still while that command runs\n",
		      err);
	else if ((opts->on_oom || opts->on_near_limit) && (opts->find_min || opts->dry_run))
		fputs("oomtrace: hooks go with a trace, not with --find-min or --dry-run\n", err);
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
