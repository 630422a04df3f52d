/* SPDX-License-Identifier: GPL-2.0-only */
/* A card's part about the processes that the kernel compared before it chose one. */
#ifndef OOMTRACE_HTML_CANDIDATES_H
#define OOMTRACE_HTML_CANDIDATES_H

#include <stdio.h>

#include "record/record.h"

/* Writes nothing where they aren't known. */
void html_candidates__put(FILE *out, const struct record_oom *oom);

#endif
