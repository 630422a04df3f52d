/* SPDX-License-Identifier: GPL-2.0-only */
/* The HTML report: one page, whole in itself. */
#ifndef OOMTRACE_HTML_COLLECT_H
#define OOMTRACE_HTML_COLLECT_H

#include "record/sink.h"

/* A sink that writes to `out`; NULL without memory. */
struct sink *html_collect__new(FILE *out);

#endif
