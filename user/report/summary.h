/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording as text for people. */
#ifndef OOMTRACE_SUMMARY_H
#define OOMTRACE_SUMMARY_H

#include "output/look.h"
#include "record/sink.h"

/* Between the summary and what the live run printed. */
#define REPORT_SEPARATOR "---- event by event ----"

/*
 * A sink that writes to `out`; `alone`: the verdict and a table of kills, and nothing else. NULL, with
 * errno, also when there is no room for temporary files.
 */
struct sink *summary__new(FILE *out, struct text_look look, bool alone);

#endif
