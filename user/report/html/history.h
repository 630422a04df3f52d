/* SPDX-License-Identifier: GPL-2.0-only */
/* A card's part about the seconds before the kill: the curve of usage, its growth, reclaim. */
#ifndef OOMTRACE_HTML_HISTORY_H
#define OOMTRACE_HTML_HISTORY_H

#include <stdio.h>

#include "record/record.h"

/* oom->history must be there. */
void html_history__put(FILE *out, const struct record_oom *oom);

#endif
