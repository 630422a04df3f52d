/* SPDX-License-Identifier: GPL-2.0-only */
/* "oomtrace show": the report of one incident of the store. */
#ifndef OOMTRACE_SHOW_H
#define OOMTRACE_SHOW_H

/* argv[0] is "show". Returns the exit code. */
int show__main(int argc, char **argv);

#endif
