/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The summary's table: a row for each run of the OOM killer, with the victim, its memory, the limit and the
 * cause.
 */
#ifndef OOMTRACE_KILL_TABLE_H
#define OOMTRACE_KILL_TABLE_H

#include "output/look.h"
#include "record/sink.h"

/* Returns a sink, or NULL. What it writes may be wrapped (wrap.h). */
struct sink *kill_table__new(FILE *out, struct text_look look);

#endif
