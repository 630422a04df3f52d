/* SPDX-License-Identifier: GPL-2.0-only */
/* What "oomtrace service" has beside a trace: a store, and a configuration that is read again when asked. */
#ifndef OOMTRACE_SERVICE_H
#define OOMTRACE_SERVICE_H

#include "commands/trace_options.h"
#include "record/sink.h"

/* Parses the command line and the configuration, and keeps argv for service__reload(). One service in a program. */
enum option_table_result service__parse(int argc, char **argv, struct trace_options *out);

/* Opens the store, and says on stderr why it can't be opened: NULL. */
struct sink *service__open_store(const struct trace_options *opts);

/*
 * Reads the configuration again, takes on what can be changed, and opens the journal and the store's folder anew. Says on
 * stderr what holds from the next start on only, and what is wrong; then everything stays as it was.
 */
void service__reload(void);

#endif
