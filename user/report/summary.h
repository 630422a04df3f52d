/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording as text for people. */
#ifndef OOMTRACE_SUMMARY_H
#define OOMTRACE_SUMMARY_H

/* Between the summary and what the live run printed. */
#define REPORT_SEPARATOR "---- what the live run printed ----"

#endif
