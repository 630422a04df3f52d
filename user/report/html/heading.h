/* SPDX-License-Identifier: GPL-2.0-only */
/* The page's heading, which says what happened, and the sentences that say why. */
#ifndef OOMTRACE_HTML_HEADING_H
#define OOMTRACE_HTML_HEADING_H

#include "report/html/collected.h"
#include "output/verdict.h"

/* A verdict_fn; `report` is the struct html_report. */
int html_heading__tell(void *report, const struct verdict_sentence *sentence);

/* Returns 0 or a negative errno. */
int html_heading__put(struct html_report *report, FILE *out);

#endif
