/* SPDX-License-Identifier: GPL-2.0-only */
/* The call trace in the kernel's report, and what it proves about the cause. Pure. */
#ifndef OOMTRACE_KMSG_TRACE_H
#define OOMTRACE_KMSG_TRACE_H

#include <stdbool.h>

#include "base/span.h"
#include "kmsg/incident.h"

/* Takes in a line that is a frame, of any architecture. False: it is none. */
bool trace__frame(struct span text, struct kmsg_trace *trace);

#endif
