/* SPDX-License-Identifier: GPL-2.0-only */
/* All cards. Cards that are alike form a group. */
#ifndef OOMTRACE_HTML_CARDS_H
#define OOMTRACE_HTML_CARDS_H

#include "report/html/collected.h"

/* Writes their section, or nothing if there are none. Returns 0 or a negative errno. */
int html_cards__put(struct html_report *report, FILE *out);

#endif
