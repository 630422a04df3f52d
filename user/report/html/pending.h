/* SPDX-License-Identifier: GPL-2.0-only */
/* Cards that wait: for exits, the end of a write, a stack whose names took a while. */
#ifndef OOMTRACE_HTML_PENDING_H
#define OOMTRACE_HTML_PENDING_H

#include "report/html/collected.h"

/* Begins the card of an OOM, where there is room for one; `curve` is that of its limit, or NULL. */
void html_pending__add(struct html_report *report, const struct record *record,
		       const struct html_curve *curve);

/* These add to the cards that wait what belongs to them. Times are of the boot clock. */
void html_pending__note_write(struct html_report *report, uint64_t id, uint64_t begin_ns, uint64_t end_ns);
void html_pending__note_reclaim(struct html_report *report, const struct record *record);
void html_pending__note_exit(struct html_report *report, const struct record *record);
void html_pending__add_stack(struct html_report *report, const struct record_stack *stack);

/* Writes out all that wait: nothing will come any more. */
void html_pending__write_all(struct html_report *report);
void html_pending__free(struct html_report *report);

#endif
