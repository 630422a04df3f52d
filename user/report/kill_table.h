/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The summary's table: a row for each run of the OOM killer, with the victim, its memory, the limit and the
 * cause.
 */
#ifndef OOMTRACE_KILL_TABLE_H
#define OOMTRACE_KILL_TABLE_H

#include "output/look.h"
#include "output/text_log.h"
#include "record/sink.h"

/* Returns a sink, or NULL. What it writes may be wrapped (wrap.h). */
struct sink *kill_table__new(FILE *out, struct text_look look);

/* An OOM's time of day to the millisecond, or as a log has it. dst has TEXT_LOG_STAMP_SIZE bytes. Returns dst. */
const char *kill_table__format_time(char *dst, size_t size, struct text_look look,
				    const struct record *record);

#endif
