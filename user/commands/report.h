/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_REPORT_H
#define OOMTRACE_REPORT_H

/* oomtrace report: argv[0] is that word. Returns an exit code. */
int report__main(int argc, char **argv);

/* The same, of which the first FILE is open as first_fd, the caller's: its name is only what it is called. */
int report__open_main(int argc, char **argv, int first_fd);

#endif
