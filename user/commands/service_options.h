/* SPDX-License-Identifier: GPL-2.0-only */
/* "oomtrace service": the trace of the whole machine that never ends, and keeps incidents on disk. */
#ifndef OOMTRACE_SERVICE_OPTIONS_H
#define OOMTRACE_SERVICE_OPTIONS_H

#include "commands/trace_options.h"

/*
 * As trace_options__parse(), with argv[0] "service". What argv doesn't say, the configuration does (service_config.h): its
 * errors go to err, and so does what is wrong with argv. out->config is the caller's, with the values.
 */
enum option_table_result service_options__parse(int argc, char **argv, struct trace_options *out,
						FILE *help_out, FILE *err);

#endif
