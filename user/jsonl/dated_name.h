/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of files with a date in them, and which of such files are the oldest. A pattern is a name with %Y, %m, %d, %H,
 * %M and %S, as strftime(3) has them, in UTC; %% is a percent sign. Of several files with one date the later ones end
 * with .2, .3, ...
 */
#ifndef OOMTRACE_DATED_NAME_H
#define OOMTRACE_DATED_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most files with one date. */
#define DATED_NAME__NUMBERS 9999

/* Whether the last name of the path has a date in it, and no percent sign that means anything else. */
bool dated_name__has_date(const char *path);

/* The name for a time of the wall clock and a number (1, 2, ...). Returns 0 or -ENAMETOOLONG. */
int dated_name__make(const char *pattern, int64_t wall_ns, uint32_t number, char *name, size_t size);

/*
 * Removes the oldest recordings in the folder whose names are of the pattern, by these names, until no more than `keep`
 * are left; never `current`. What isn't a recording stays, and so does what can't be removed.
 */
void dated_name__keep(int folder_fd, const char *pattern, const char *current, uint32_t keep);

#endif
