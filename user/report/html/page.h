/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the whole page, after the last record. */
#ifndef OOMTRACE_HTML_PAGE_H
#define OOMTRACE_HTML_PAGE_H

#include "report/html/collected.h"

/* Returns 0 or a negative errno. */
int html_page__put(struct html_report *report, FILE *out);

#endif
