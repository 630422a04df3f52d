/* SPDX-License-Identifier: GPL-2.0-only */
/* Chooses the records of a report. */
#ifndef OOMTRACE_FILTER_H
#define OOMTRACE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "record/sink.h"

/* A moment as the user gave it. Its meaning depends on the recording. */
struct report_time {
	enum {
		REPORT_TIME_NONE = 0,
		REPORT_TIME_WALL,     /* ns: since 1970-01-01 UTC */
		REPORT_TIME_OF_DAY,   /* ns: since midnight, of the day on which a session began */
		REPORT_TIME_RELATIVE, /* ns: since a session began */
	} kind;
	int64_t ns;
};

/* Which records are left out. */
struct report_filter {
	struct report_time since, until;
	bool local_time;    /* a time of day is of this machine's time zone, not of UTC */
	const char *cgroup; /* from the root of the hierarchy, without a slash at its end; or NULL */
	uint64_t kill;	    /* an OOM's id; 0: all */
};

/* Hands on to `next`, which it owns from now on, even when it returns NULL (without memory, or of NULL). */
struct sink *filter__new(struct sink *next, const struct report_filter *filter);

/* How many records a sink of filter__new() has handed on, those of the whole session not counted. */
uint64_t filter__selected(const struct sink *filter);

#endif
