/* SPDX-License-Identifier: GPL-2.0-only */
/* Text for a terminal of so many columns: lines are broken between words, never inside of one. */
#ifndef OOMTRACE_WRAP_H
#define OOMTRACE_WRAP_H

#include <stdio.h>

/*
 * What a writer may put into its text, and no name can have (escape.h). A joint is a blank at which
 * no line is broken: inside of a name, or of a number and its unit. Where a line is broken, the rest
 * of it hangs from the column of its last WRAP_HANG.
 */
#define WRAP_JOINT '\x01'
#define WRAP_HANG '\x02'

/*
 * Returns a stream that writes to `out`, which it doesn't own, and flushes that when it is flushed.
 * No line has more than columns - 1, for the last one makes some terminals begin another; a word
 * that is longer stands alone. 0 columns: lines aren't broken. fclose() it; NULL: no memory.
 */
FILE *wrap__open(FILE *out, unsigned int columns);

/* Makes the joints of a text blanks, and leaves out the hangs. Returns text. */
char *wrap__plain(char *text);

#endif
