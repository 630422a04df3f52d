/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong with the options of a trace that only all of them together can tell. */
#ifndef OOMTRACE_TRACE_OPTIONS_CHECK_H
#define OOMTRACE_TRACE_OPTIONS_CHECK_H

#include "commands/trace_options.h"

/* Whether the options go together. Else says on err what doesn't. has_target: there is one whose end and limit they may be about. */
bool trace_options_check__all(const struct trace_options *opts, bool has_target, FILE *err);

#endif
