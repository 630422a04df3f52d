/* SPDX-License-Identifier: GPL-2.0-only */
/* What the memory held before a kill, in words. */
#ifndef OOMTRACE_TEXT_SNAPSHOT_H
#define OOMTRACE_TEXT_SNAPSHOT_H

#include "output/text_sink.h"

/* The same for live text and the timeline: a sentence without its end. */
void text_snapshot__put(FILE *out, const struct record_snapshot *snapshot);

/* A line of an OOM's block. */
void text_snapshot__before(const struct text_sink *sink, const struct record_before *before);

/* Records of type "snapshot". */
int text_snapshot__take(struct sink *base, const struct record *record);

#endif
