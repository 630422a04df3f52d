/* SPDX-License-Identifier: GPL-2.0-only */
/* Each kill of a recording beside what a kernel log has of it. */
#ifndef OOMTRACE_CHECK_H
#define OOMTRACE_CHECK_H

#include "record/sink.h"

enum check_verdict {
	CHECK_AGREES,	    /* each kill is in both, and the same in all that both tell */
	CHECK_DISAGREES,    /* something differs, or one of them lacks a kill */
	CHECK_NO_RECORDING, /* there is nothing to hold against the log */
	CHECK_NO_LOG,
};

/* A sink that takes the records of both and writes to `out` when it is finished. NULL without memory. */
struct sink *check__new(FILE *out, bool json);

/* After the sink has been finished. */
enum check_verdict check__verdict(const struct sink *sink);

#endif
