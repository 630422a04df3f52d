/* SPDX-License-Identifier: GPL-2.0-only */
/* A row for each run of the OOM killer: who, how much, at which limit, why. For the summary alone. */
#ifndef OOMTRACE_KILL_TABLE_H
#define OOMTRACE_KILL_TABLE_H

#include "output/look.h"
#include "record/sink.h"

/* Returns a sink, or NULL. What it writes may be wrapped (wrap.h). */
struct sink *kill_table__new(FILE *out, struct text_look look);

#endif
