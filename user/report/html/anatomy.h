/* SPDX-License-Identifier: GPL-2.0-only */
/* A card's last part: the phases of a kill, with the beginning and the length of each. */
#ifndef OOMTRACE_HTML_ANATOMY_H
#define OOMTRACE_HTML_ANATOMY_H

#include "report/html/collected.h"

/* Writes nothing when no phase has a length. */
void html_anatomy__put(const struct html_report *report, const struct html_pending *p, FILE *out);

#endif
