/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks for the few words with which something of interest begins in a log, all at once. Pure. */
#ifndef OOMTRACE_KMSG_SEARCH_H
#define OOMTRACE_KMSG_SEARCH_H

#include <stddef.h>

/* The words are cut to this length, which all of them have. */
#define SEARCH__LENGTH 8

/* The first of the words in the text, or NULL. */
const char *search__find(const char *text, size_t len);

#endif
