/* SPDX-License-Identifier: GPL-2.0-only */
/* The JSON document in the page, which the page's script draws. */
#ifndef OOMTRACE_HTML_DATA_H
#define OOMTRACE_HTML_DATA_H

#include "report/html/collected.h"

/* Returns 0 or a negative errno. */
int html_data__put(struct html_report *report, FILE *out);

/* The index of the curve to show first: the target's, else that of the limit with the most kills. */
size_t html_data__main_curve(const struct html_report *report);

#endif
