/* SPDX-License-Identifier: GPL-2.0-only */
/* How text looks at its destination. All zero means plain UTF-8, as in a file. */
#ifndef OOMTRACE_LOOK_H
#define OOMTRACE_LOOK_H

#include <stdbool.h>

/* How much text is written. */
enum text_detail {
	TEXT_DEFAULT = 0, /* the first of a kind in full, and a line for each that is like it */
	TEXT_BRIEF,	  /* a line for each */
	TEXT_ALL,
};

struct text_look {
	bool colour;
	bool ascii;	      /* curves, too */
	unsigned int columns; /* 0: lines are as long as they are */
	/* How many there are now: a terminal may be resized. Asked before each line; NULL: it stays as it is. */
	unsigned int (*ask_columns)(void);
	enum text_detail detail;
	bool local_time; /* of this machine; else UTC, as in JSON */
};

#endif
