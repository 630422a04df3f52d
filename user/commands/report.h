/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_REPORT_H
#define OOMTRACE_REPORT_H

/* In the text: between the summary and what the live run printed. */
#define REPORT_SEPARATOR "---- what the live run printed ----"

/* oomtrace report: argv[0] is that word. Returns an exit code. */
int report__main(int argc, char **argv);

#endif
