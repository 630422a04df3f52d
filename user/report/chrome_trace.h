/* SPDX-License-Identifier: GPL-2.0-only */
/* The trace event format, for Perfetto and chrome://tracing. */
#ifndef OOMTRACE_CHROME_TRACE_H
#define OOMTRACE_CHROME_TRACE_H

#include "record/sink.h"

/* A sink that writes to `out`; NULL without memory. */
struct sink *chrome_trace__new(FILE *out);

#endif
