/* SPDX-License-Identifier: GPL-2.0-only */
/* The options that say what is traced. */
#ifndef OOMTRACE_TARGET_OPTIONS_H
#define OOMTRACE_TARGET_OPTIONS_H

#include "commands/trace_options.h"

/* For `apply`: ctx begins with a struct trace_options. */
int target_options__container(void *ctx, const char *arg);
int target_options__cgroup(void *ctx, const char *arg);
int target_options__pid(void *ctx, const char *arg);
int target_options__all(void *ctx, const char *arg);

/* Which of them an argument without an option was probably meant for, or NULL. */
const char *target_options__guess(const char *arg);

/* Rows of a table (struct option_table_spec), in a group of their own. */
#define TARGET_OPTIONS__SELECTION_SPECS(group_of_them)                                                                                                                                \
	{                                                                                                                                                                             \
		.group = (group_of_them),                                                                                                                                             \
		.letter = 'c',                                                                                                                                                        \
		.name = "container",                                                                                                                                                  \
		.arg = "ID|NAME",                                                                                                                                                     \
		.accepts =                                                                                                                                                            \
			"the name, id or unique prefix of a running container, such as 'web', or a pattern of names, such as 'web-*'",                                                \
		.help = "a container, by its name (NAMESPACE/POD/CONTAINER), its id or a unique prefix of its id; 'web-*' is each whose name matches, now or later; may be repeated", \
		.repeats = true,                                                                                                                                                      \
		.apply = target_options__container,                                                                                                                                   \
	},                                                                                                                                                                            \
	{                                                                                                                                                                             \
		.group = (group_of_them), .letter = 'g', .name = "cgroup", .arg = "PATH",                                                                                             \
		.accepts =                                                                                                                                                            \
			"the path of a cgroup without '..', such as /sys/fs/cgroup/system.slice, or a pattern, such as 'web@*.service'",                                              \
		.help = "a cgroup and all below it; 'web@*.service' is each whose last name matches, '/a/*' whose path; may be repeated",                                             \
		.repeats = true, .apply = target_options__cgroup,                                                                                                                     \
	}

#define TARGET_OPTIONS__SPECS(group_of_them)                                                                                   \
	TARGET_OPTIONS__SELECTION_SPECS(group_of_them),                                                                        \
		{                                                                                                              \
			.group = (group_of_them),                                                                              \
			.letter = 'p',                                                                                         \
			.name = "pid",                                                                                         \
			.arg = "PID",                                                                                          \
			.accepts = "the number of a running process, such as 1234",                                            \
			.help = "the cgroup of process PID, and all below it",                                                 \
			.apply = target_options__pid,                                                                          \
		},                                                                                                             \
	{                                                                                                                      \
		.group = (group_of_them), .name = "all",                                                                       \
		.help = "the whole machine, with a flight recorder of usage for each cgroup: each OOM has the seconds before", \
		.apply = target_options__all,                                                                                  \
	}

#endif
