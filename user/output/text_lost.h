/* SPDX-License-Identifier: GPL-2.0-only */
/* What the trace lacks, and why, in words. */
#ifndef OOMTRACE_TEXT_LOST_H
#define OOMTRACE_TEXT_LOST_H

#include <stdio.h>

#include "record/record.h"

/* "2 victim events", "1 run of the target"; `out` goes through wrap.h. */
void text_lost__put(FILE *out, const struct record_lost *lost);

/* ": the ring buffer had no room...", or nothing for a kind that this version doesn't know. */
void text_lost__put_why(FILE *out, const struct record_lost *lost);

#endif
