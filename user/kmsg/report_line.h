/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line of the kernel's report, and the incident that it belongs to. oom_report.c and oom_end.c share
 * it.
 */
#ifndef OOMTRACE_KMSG_REPORT_LINE_H
#define OOMTRACE_KMSG_REPORT_LINE_H

#include "kmsg/streams.h"

struct report_line {
	struct kmsg_streams *streams;
	struct kmsg_stream *stream;
	const struct kmsg_line *line;
	struct span text;
	uint64_t number;
};

/* The incident has this line. */
void oom_report__belongs(const struct report_line *at, struct kmsg_incident *incident);

/* Whether the line comes from another task or interrupt than the report that is open. */
bool oom_report__is_other_caller(const struct report_line *at);

/* The open incident, which begins here if there is none: its head is cut off. NULL without memory. */
struct kmsg_incident *oom_report__definite(const struct report_line *at);

/* A line of what comes of it: a choice, a kill, a group, the reaper, no kill, a panic. False: it is none. */
bool oom_end__take(const struct report_line *at);

#endif
