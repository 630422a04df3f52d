/* SPDX-License-Identifier: GPL-2.0-only */
/* The card of one run of the OOM killer. */
#ifndef OOMTRACE_HTML_CARD_H
#define OOMTRACE_HTML_CARD_H

#include "report/html/collected.h"

/* Writes it up to what is known later: its anatomy and the stack (pending.h). */
void html_card__put(const struct html_report *report, const struct record *record, FILE *out);

#endif
