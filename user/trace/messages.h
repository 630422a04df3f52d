/* SPDX-License-Identifier: GPL-2.0-only */
/* What loading and attaching say on the way. Only users who gave -v see it. */
#ifndef OOMTRACE_MESSAGES_H
#define OOMTRACE_MESSAGES_H

#include <stdbool.h>

/* Sends libbpf's own messages to stderr (verbose) or nowhere. */
void messages__set_verbose(bool verbose);

/* A line on stderr, if verbose. */
void messages__remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
