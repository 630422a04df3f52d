/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_COPY_H
#define OOMTRACE_COPY_H

#include <stddef.h>

/*
 * Copies a string, cut so that it fits into size > 0 bytes with its NUL. NULL is "". Unlike snprintf("%s") it
 * reads no more of src than it writes, so src may be a long or unterminated string of somebody else's.
 */
void copy__text(char *dst, size_t size, const char *src);

#endif
