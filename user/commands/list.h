/* SPDX-License-Identifier: GPL-2.0-only */
/* "oomtrace list": the incidents of the store, or of other recordings, a line each. */
#ifndef OOMTRACE_LIST_H
#define OOMTRACE_LIST_H

/* argv[0] is "list". Returns the exit code. */
int list__main(int argc, char **argv);

#endif
