/* SPDX-License-Identifier: GPL-2.0-only */
/* How text may look where it goes; all zero: plain UTF-8, as in a file. */
#ifndef OOMTRACE_LOOK_H
#define OOMTRACE_LOOK_H

#include <stdbool.h>

struct text_look {
	bool colour;
	bool ascii; /* curves, too */
};

#endif
