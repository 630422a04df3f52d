/* SPDX-License-Identifier: GPL-2.0-only */
/* The live status line on a terminal: what it says, and how it fits into the width there is. Pure. */
#ifndef OOMTRACE_STATUS_LINE_H
#define OOMTRACE_STATUS_LINE_H

#include "record/record.h"

#define STATUS_LINE__COLUMNS_MAX 400
/* Room for any line: up to 4 bytes for a column, and colours. */
#define STATUS_LINE__SIZE (4 * STATUS_LINE__COLUMNS_MAX + 64)

struct status_line {
	bool ascii; /* the terminal can't show more */
	bool colour;
	const char *name; /* as somebody else chose it; NULL: the whole machine */
	const char *what; /* is watched or done; NULL: figures say it */
	bool has_usage;
	uint64_t usage_bytes, max_bytes;   /* RECORD_NO_LIMIT: no limit */
	const struct record_point *points; /* the curve up to now_ns */
	size_t count;
	uint64_t now_ns;
	uint64_t ooms, kills;
	bool has_reclaim;
	unsigned int reclaim_percent; /* of the last seconds; of several tasks together above 100 */
	uint64_t failed;	      /* charges, since the start */
	bool has_cpu;
	unsigned int cpu_percent; /* of one CPU */
	bool has_pids;
	uint64_t pids;
	uint64_t running_ns; /* since the start */
	bool has_left;
	uint64_t left_ns; /* about so long until the end */
};

/*
 * Writes one line of at most `columns` columns, without a newline. When there is no room, the least important
 * parts go. `dst` has STATUS_LINE__SIZE bytes. Returns how many columns the line takes.
 */
unsigned int status_line__format(char *dst, const struct status_line *status, unsigned int columns);

#endif
