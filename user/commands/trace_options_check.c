// SPDX-License-Identifier: GPL-2.0-only
#include "commands/trace_options_check.h"

#include <string.h>

#include "base/array.h"

/* The option that needs a single target, or NULL. */
static const char *needs_one(const struct trace_options *opts)
{
	const struct {
		const char *name;
		bool given;
	} options[] = {
		{ "--set-max", opts->changes.has_max }, { "--ramp", opts->changes.has_ramp },
		{ "--find-min", opts->find_min },	{ "--interactive", opts->interactive },
		{ "--until-exit", opts->until_exit },	{ "--kernel-log", opts->kernel_log },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].given)
			return options[i].name;
	}
	return NULL;
}

bool trace_options_check__all(const struct trace_options *opts, bool has_target, FILE *err)
{
	bool changes = opts->changes.has_max || opts->changes.has_ramp;

	if (opts->target.kind == TARGET_MANY && needs_one(opts))
		fprintf(err,
			"oomtrace: %s needs one target, by its name: it doesn't go with several, or with a pattern\n",
			needs_one(opts));
	else if (opts->until_exit && !has_target)
		fputs("oomtrace: --until-exit needs a target whose end to wait for: --container, "
		      "--cgroup or --pid, for example '--until-exit --pid 1234'\n",
		      err);
	else if (opts->find_min && !has_target)
		fputs("oomtrace: --find-min needs a target: --container, --cgroup or --pid, for example "
		      "'--container web --find-min'\n",
		      err);
	else if (opts->find_min && (changes || opts->dry_run || opts->keep || opts->restore || opts->stacks ||
				    opts->interactive))
		fputs("oomtrace: --find-min takes a target, --hold and --output only, because it changes and "
		      "restores memory.high by itself\n",
		      err);
	else if (opts->hold_ns && !opts->find_min)
		fputs("oomtrace: --hold needs --find-min: it says how long each limit is watched\n", err);
	else if (changes && !has_target)
		fputs("oomtrace: --set-max and --ramp need a target whose memory.max to change: "
		      "--container, --cgroup or --pid, for example '--container web --set-max 256M'\n",
		      err);
	else if (opts->interactive && !has_target)
		fputs("oomtrace: --interactive needs a target whose memory.max the keys change: --container, "
		      "--cgroup or --pid, for example '--container web --interactive'\n",
		      err);
	else if (opts->no_usage && opts->target.kind == TARGET_ALL)
		fputs("oomtrace: --all is the whole machine with usage: for the machine without usage, leave out "
		      "both --all and --no-usage\n",
		      err);
	else if (opts->wait && opts->target.kind != TARGET_CONTAINER && opts->target.kind != TARGET_CGROUP &&
		 opts->target.kind != TARGET_MANY)
		fputs("oomtrace: --wait needs a target that may come: --container or --cgroup, for example "
		      "'--container web --wait'\n",
		      err);
	else if (opts->wait && opts->dry_run)
		fputs("oomtrace: --wait goes with a trace, not with --dry-run\n", err);
	else if (opts->interactive && opts->output != TRACE_OPTIONS_OUTPUT_TEXT)
		fputs("oomtrace: --interactive goes with text on a terminal, not with --output json\n", err);
	else if (!changes && !opts->interactive && (opts->keep || opts->restore))
		fputs("oomtrace: --keep and --restore need --set-max, --ramp or --interactive: they say what "
		      "becomes of the changed limit at the end\n",
		      err);
	else if (opts->kernel_log && opts->find_min)
		fputs("oomtrace: --kernel-log goes with a trace, not with --find-min\n", err);
	else if (opts->keep && opts->restore)
		fputs("oomtrace: --keep and --restore contradict each other\n", err);
	else
		return true;
	return false;
}
