/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_REPORT_H
#define OOMTRACE_REPORT_H

/* oomtrace report: argv[0] is that word. Returns an exit code. */
int report__main(int argc, char **argv);

#endif
