/* SPDX-License-Identifier: GPL-2.0-only */
/* Breaks lines for a terminal of a given width, between words only. */
#ifndef OOMTRACE_WRAP_H
#define OOMTRACE_WRAP_H

#include <stdio.h>

#include "output/look.h"

/*
 * Marks that a writer may put into its text. No name can have them (escape.h). A joint is a blank at which
 * no line is broken, such as the one between a number and its unit. The rest of a broken line begins at the
 * column of the line's last WRAP_HANG.
 */
#define WRAP_JOINT '\x01'
#define WRAP_HANG '\x02'

/*
 * Returns a stream that writes to `out`, which it doesn't own, and flushes that when it is flushed.
 * No line has more than look.columns - 1, for the last one makes some terminals begin another. A word that is longer
 * than a line is broken between its names, behind a slash or the like; a name that is longer has no middle.
 * 0 columns: lines aren't broken. fclose() it; NULL: no memory.
 */
FILE *wrap__open(FILE *out, struct text_look look);

/* Columns of a character of UTF-8, by its first byte; 0: this byte isn't the first. */
unsigned int wrap__columns(unsigned char lead);

/* Makes the joints of a text blanks, and leaves out the hangs. Returns text. */
char *wrap__plain(char *text);

#endif
