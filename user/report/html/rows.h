/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of the page's tables and the marks on its chart, written as records come. */
#ifndef OOMTRACE_HTML_ROWS_H
#define OOMTRACE_HTML_ROWS_H

#include "report/html/collected.h"

/* One victim of an OOM; `curve` is that of the limit, or NULL. */
void html_rows__put_kill_mark(struct html_report *report, const struct record *record,
			      const struct record_victim *victim, const struct html_curve *curve);
void html_rows__put_kill(struct html_report *report, const struct record *record,
			 const struct record_victim *victim);

/* Keeps who was killed first and last, and when, for the heading. */
void html_rows__keep_death(struct html_report *report, const struct record *record,
			   const struct record_victim *victim);

/* begin_ns: of the wall clock. */
void html_rows__put_write_mark(struct html_report *report, const struct record *record,
			       const struct html_curve *curve, int64_t begin_ns);
void html_rows__put_write(struct html_report *report, const struct record *record);
void html_rows__put_step(struct html_report *report, const struct record_step *step);
void html_rows__put_stall(struct html_report *report, const struct html_stall *stall, const char *cgroup,
			  const struct record_container *container);
void html_rows__put_start(struct html_report *r, const struct record *record);
void html_rows__put_exit(struct html_report *report, const struct record *record);
void html_rows__put_lost(struct html_report *report, const struct record *record);

#endif
