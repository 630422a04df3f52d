/* SPDX-License-Identifier: GPL-2.0-only */
/* A card's part about what the memory held before the kill. */
#ifndef OOMTRACE_HTML_BEFORE_H
#define OOMTRACE_HTML_BEFORE_H

#include <stdio.h>

#include "record/record.h"

void html_before__put(FILE *out, const struct record_before *before);

#endif
