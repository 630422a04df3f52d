/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of a recording. */
#ifndef OOMTRACE_RECORD_OPTIONS_H
#define OOMTRACE_RECORD_OPTIONS_H

#include "commands/trace_options.h"

/* What only all options together can tell. Returns whether they are right; says on err what is wrong. */
bool record_options__check(const struct trace_options *opts, FILE *err);

/* For `apply`: ctx begins with a struct trace_options. */
int record_options__file(void *ctx, const char *arg);
int record_options__size(void *ctx, const char *arg);
int record_options__keep_files(void *ctx, const char *arg);

/* Rows of a table (struct option_table_spec). */
#define RECORD_OPTIONS__SPECS(group_of_them)                                                                                                                                               \
	{                                                                                                                                                                                  \
		.group = (group_of_them),                                                                                                                                                  \
		.letter = 'r',                                                                                                                                                             \
		.name = "record",                                                                                                                                                          \
		.arg = "FILE",                                                                                                                                                             \
		.accepts = "a file to create, or '-' for stdout in place of text",                                                                                                         \
		.help = "write JSON Lines to FILE beside the other output, for 'oomtrace report'; '-' is stdout, in place of text",                                                        \
		.apply = record_options__file,                                                                                                                                             \
	},                                                                                                                                                                                 \
		{                                                                                                                                                                          \
			.group = (group_of_them),                                                                                                                                          \
			.name = "record-size",                                                                                                                                             \
			.arg = "SIZE",                                                                                                                                                     \
			.accepts = "a size of at least 64K, such as '100M'",                                                                                                               \
			.help = "when FILE has grown to SIZE, rename it to FILE.1 (replacing an older FILE.1) and begin a new FILE",                                                       \
			.apply = record_options__size,                                                                                                                                     \
		},                                                                                                                                                                         \
	{                                                                                                                                                                                  \
		.group = (group_of_them), .name = "keep-files", .arg = "N",                                                                                                                \
		.accepts = "a number from 1 to 9999, such as '14'",                                                                                                                        \
		.help = "for always-on use: FILE has a date in its name (oom-%Y-%m-%d.jsonl), the newest N such files are kept, and of usage only the seconds before each OOM is written", \
		.apply = record_options__keep_files,                                                                                                                                       \
	}

#endif
