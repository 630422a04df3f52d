/* SPDX-License-Identifier: GPL-2.0-only */
/* A card's last part: the phases of a kill, what began when and took how long. */
#ifndef OOMTRACE_HTML_ANATOMY_H
#define OOMTRACE_HTML_ANATOMY_H

#include "report/html/collected.h"

/* Writes nothing where there is no phase with a length. */
void html_anatomy__put(const struct html_report *report, const struct html_pending *p, FILE *out);

#endif
