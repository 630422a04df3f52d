/* SPDX-License-Identifier: GPL-2.0-only */
/* Two recordings side by side: did a change help? */
#ifndef OOMTRACE_COMPARE_H
#define OOMTRACE_COMPARE_H

#include "output/look.h"
#include "record/sink.h"

/*
 * A sink that writes the figures of two recordings to `out`, as text or as one JSON document. NULL without
 * memory. compare__begin() comes before the records of each.
 */
struct sink *compare__new(FILE *out, struct text_look look, bool json);

/* What follows is of another recording, the one of that name, which the caller keeps. The third is ignored. */
void compare__begin(struct sink *sink, const char *name);

#endif
