/* SPDX-License-Identifier: GPL-2.0-only */
/* Records as text for people. */
#ifndef OOMTRACE_OUTPUT_TEXT_H
#define OOMTRACE_OUTPUT_TEXT_H

#include "output/look.h"
#include "record/sink.h"

/* A sink that writes to `out`; NULL without memory. */
struct sink *text__new(FILE *out, struct text_look look);

#endif
