/* SPDX-License-Identifier: GPL-2.0-only */
/* Cards that wait for the exits of their victims, the end of a write, or the names of a stack. */
#ifndef OOMTRACE_HTML_PENDING_H
#define OOMTRACE_HTML_PENDING_H

#include "report/html/collected.h"

/* Begins the card of an OOM if there is room for it. `curve` is the curve of the OOM's limit, or NULL. */
void html_pending__add(struct html_report *report, const struct record *record,
		       const struct html_curve *curve);

/* Each of these adds a record to the waiting cards that it belongs to. Times are of the boot clock. */
void html_pending__note_write(struct html_report *report, uint64_t id, uint64_t begin_ns, uint64_t end_ns);
void html_pending__note_reclaim(struct html_report *report, const struct record *record);
void html_pending__note_exit(struct html_report *report, const struct record *record);
void html_pending__note_relief(struct html_report *report, const struct record *record);
void html_pending__add_stack(struct html_report *report, const struct record_stack *stack);

/* Writes out all that wait: nothing will come any more. */
void html_pending__write_all(struct html_report *report);
void html_pending__free(struct html_report *report);

#endif
