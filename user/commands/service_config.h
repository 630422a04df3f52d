/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration of "oomtrace service": the options' own names, in files. The command line goes before it. */
#ifndef OOMTRACE_SERVICE_CONFIG_H
#define OOMTRACE_SERVICE_CONFIG_H

#include <stdio.h>

#include "commands/option_table.h"

struct service_config;

/*
 * Reads the files below `root`, and applies each line to ctx; a line that a later one replaces is applied to `scratch`, so
 * that its errors are found, too. Says on `err` what is wrong, and where. Returns how many lines and files are wrong, or
 * -ENOMEM. *out is set unless that. The values are *out's.
 */
int service_config__apply(const char *root, const struct option_table *table, void *ctx, void *scratch,
			  FILE *err, struct service_config **out);

/* For struct option_table_parse: an option of the command line, whose string stays the caller's. */
void service_config__note(void *config, const struct option_table_spec *spec, const char *arg);

/* Prints what holds as a configuration, with the place that each value is from in a comment. */
void service_config__print(const struct service_config *config, FILE *out);

/* Takes NULL. */
void service_config__free(struct service_config *config);

#endif
