/* SPDX-License-Identifier: GPL-2.0-only */
/* The files in tmpfs at an OOM, as text. */
#ifndef OOMTRACE_TEXT_TMPFS_H
#define OOMTRACE_TEXT_TMPFS_H

#include "output/text_sink.h"

/* A line of an OOM's block, if they are known. */
void text_tmpfs__put(const struct text_sink *sink, const struct record_oom *oom);

#endif
