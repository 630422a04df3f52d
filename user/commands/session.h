/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_SESSION_H
#define OOMTRACE_SESSION_H

#include "commands/trace_options.h"
#include "limit/guard.h"
#include "record/sink.h"
#include "target/target.h"
#include "terminal/console.h"

/*
 * Traces `target` as the options say, until what ends it comes: a signal, the time, the end of the
 * target, a reader of stdout that has gone. A target that comes back is followed, and *target changed. Says on stderr what goes wrong. Returns the exit code.
 * The guard, of which it takes over the ownership, is there when the options change the limit.
 */
int session__run(const struct trace_options *opts, const struct cgroup__hierarchy *h, struct target *target,
		 struct guard *guard, struct sink *sink, struct console *console);

#endif
