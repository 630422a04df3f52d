/* SPDX-License-Identifier: GPL-2.0-only */
/* When text has colours, and in which zone its times are, as a user asks for it. */
#ifndef OOMTRACE_COLOUR_H
#define OOMTRACE_COLOUR_H

#include <stdbool.h>

enum colour_when { COLOUR_AUTO = 0 /* on a terminal */, COLOUR_ALWAYS, COLOUR_NEVER };

/*
 * "utc" or "local", whether times are in the machine's zone. Its rules are read here, because the program
 * may not open files later. Returns 0 or -EINVAL.
 */
int colour__parse_zone(const char *arg, bool *local);

/* "auto", "always" or "never". Returns 0 or -EINVAL. */
int colour__parse(const char *arg, enum colour_when *when);

#endif
