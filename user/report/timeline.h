/* SPDX-License-Identifier: GPL-2.0-only */
/* The summary's timeline: a line for each thing that happened, with its time since the session began. */
#ifndef OOMTRACE_TIMELINE_H
#define OOMTRACE_TIMELINE_H

#include "output/look.h"
#include "record/sink.h"

/* What it writes may be wrapped (wrap.h). With TEXT_ALL: writes of limits that changed nothing, too. */
struct sink *timeline__new(FILE *out, struct text_look look);

#endif
