/* SPDX-License-Identifier: GPL-2.0-only */
/* Kills and steps as comma-separated values (RFC 4180), for spreadsheets and data frames. */
#ifndef OOMTRACE_CSV_H
#define OOMTRACE_CSV_H

#include "record/sink.h"

/*
 * A sink that writes to `out`: a heading, a row for each process that was killed, for each run of the OOM
 * killer that killed nothing, and for each step of the limit. Unknown is empty. NULL without memory.
 */
struct sink *csv__new(FILE *out);

#endif
