/* SPDX-License-Identifier: GPL-2.0-only */
/* Two recordings side by side, as one HTML page: what compare__new() takes. The page has no script. */
#ifndef OOMTRACE_HTML_COMPARE_PAGE_H
#define OOMTRACE_HTML_COMPARE_PAGE_H

#include "report/compare.h"

int html_compare_page__put(struct compare *c);

#endif
