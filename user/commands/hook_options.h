/* SPDX-License-Identifier: GPL-2.0-only */
/* The options for hooks, which a trace and the service have in common. */
#ifndef OOMTRACE_HOOK_OPTIONS_H
#define OOMTRACE_HOOK_OPTIONS_H

#include "commands/trace_options.h"

#define HOOK_OPTIONS__TIME_DEFAULT_NS 30000000000ULL

/* What only all options together can tell. Returns whether they are right; says on err what is wrong. */
bool hook_options__check(const struct trace_options *opts, bool has_target, FILE *err);

/* When all options were taken: a snapshot without a mark has one. */
void hook_options__finish(struct trace_options *opts);

/* For `apply`: ctx begins with a struct trace_options. */
int hook_options__on_oom(void *ctx, const char *arg);
int hook_options__on_near_limit(void *ctx, const char *arg);
int hook_options__snapshot(void *ctx, const char *arg);
int hook_options__freeze(void *ctx, const char *arg);
int hook_options__time(void *ctx, const char *arg);

/* Rows of a table (struct option_table_spec), in a group of its own. */
#define HOOK_OPTIONS__NEAR_LIMIT_SPECS(group_of_them)                                                                 \
	{                                                                                                             \
		.group = (group_of_them),                                                                             \
		.name = "on-near-limit",                                                                              \
		.arg = "PCT:CMD",                                                                                     \
		.accepts = "a mark of 1 to 99 percent and a command, such as '90:/usr/local/sbin/dump'",              \
		.help = "run CMD when usage of a cgroup of the target passes PCT percent of its limit, once a climb", \
		.apply = hook_options__on_near_limit,                                                                 \
	},                                                                                                            \
	{                                                                                                             \
		.group = (group_of_them), .name = "freeze",                                                           \
		.help = "hold that cgroup still (cgroup.freeze) while that command runs, or the snapshot is taken",   \
		.apply = hook_options__freeze,                                                                        \
	}

#define HOOK_OPTIONS__SPECS(group_of_them)                                                                           \
	{                                                                                                            \
		.group = (group_of_them),                                                                            \
		.name = "on-oom",                                                                                    \
		.arg = "CMD",                                                                                        \
		.accepts =                                                                                           \
			"a program, by name or whole path, and its arguments, such as '/usr/local/sbin/notify oom'", \
		.help = "run CMD, without a shell, when an incident begins; facts are in OOMTRACE_*",                \
		.apply = hook_options__on_oom,                                                                       \
	},                                                                                                           \
	{                                                                                                            \
		.group = (group_of_them), .name = "hook-time", .arg = "TIME",                                        \
		.accepts = "a time from 100ms to 1h with its unit, such as '30s'",                                   \
		.help = "kill a hook, and all that it has started, after TIME (default: 30s)",                       \
		.standard = "30s", .apply = hook_options__time,                                                      \
	}

#endif
