/* SPDX-License-Identifier: GPL-2.0-only */
/* Why tracing isn't possible here, in words that say what to do; and what was chosen where it is. */
#ifndef OOMTRACE_DIAGNOSE_H
#define OOMTRACE_DIAGNOSE_H

#include <stdio.h>

#include "trace/plan.h"

/* Says on stderr which privileges are missing. Returns EXIT_UNSUPPORTED, or EXIT_DONE if none is. */
int diagnose__privileges(void);

/* Explains on stderr a negative errno of tracer__open(). Returns the exit code for it. */
int diagnose__open_failure(int err, const struct plan *plan);

/* What the plan had for later and could not be attached then: the session's record doesn't say so. */
void diagnose__print_given_up(FILE *out, const struct plan *plan);

/* Prints a line for each purpose of the plan. */
void diagnose__print_plan(FILE *out, const struct plan *plan);

#endif
