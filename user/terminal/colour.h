/* SPDX-License-Identifier: GPL-2.0-only */
/* When text has colours, as a user asks for it. */
#ifndef OOMTRACE_COLOUR_H
#define OOMTRACE_COLOUR_H

enum colour_when { COLOUR_AUTO = 0 /* on a terminal */, COLOUR_ALWAYS, COLOUR_NEVER };

/* "auto", "always" or "never". Returns 0 or -EINVAL. */
int colour__parse(const char *arg, enum colour_when *when);

#endif
