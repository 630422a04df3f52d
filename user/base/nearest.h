/* SPDX-License-Identifier: GPL-2.0-only */
/* How near a misspelt name is to another. */
#ifndef OOMTRACE_NEAREST_H
#define OOMTRACE_NEAREST_H

#include <stddef.h>
#include <stdint.h>

#define NEAREST__NAME_MAX 64 /* bytes; a longer name is near to none */

/*
 * The number of characters to change, add or take away, and of neighbours to swap, to make one name of the other.
 * SIZE_MAX where either has more than NEAREST__NAME_MAX.
 */
size_t nearest__distance(const char *a, size_t a_len, const char *b, size_t b_len);

/* The distance below which a name of so many characters is likely meant to be another. */
size_t nearest__limit(size_t len);

#endif
