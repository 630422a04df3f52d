/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the kernel's report of an OOM, line by line, into the incident of the line's stream. */
#ifndef OOMTRACE_KMSG_OOM_REPORT_H
#define OOMTRACE_KMSG_OOM_REPORT_H

#include "kmsg/streams.h"

/*
 * Takes a line of the kernel's, without prefix and newline. `continues`: the line has no prefix where
 * others have one. The kernel prints figures so, but never a kill.
 */
void oom_report__take(struct kmsg_streams *streams, struct kmsg_stream *stream, const struct kmsg_line *line,
		      struct span text, bool continues, uint64_t number);

/* Whether a line may be from the middle of a report, whose head a file hasn't. */
bool oom_report__is_inside(struct span text);

#endif
