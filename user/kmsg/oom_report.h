/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's report of an OOM, line by line: what each line says of the incident of its stream. */
#ifndef OOMTRACE_KMSG_OOM_REPORT_H
#define OOMTRACE_KMSG_OOM_REPORT_H

#include "kmsg/streams.h"

/*
 * A line of the kernel's, without its prefix and with no newline in it. `continues`: it has no prefix where
 * others have one. The kernel prints figures so, but never a kill.
 */
void oom_report__take(struct kmsg_streams *streams, struct kmsg_stream *stream, const struct kmsg_line *line,
		      struct span text, bool continues, uint64_t number);

/* Whether a line may be from the middle of a report, whose head a file hasn't. */
bool oom_report__is_inside(struct span text);

#endif
