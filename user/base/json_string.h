/* SPDX-License-Identifier: GPL-2.0-only */
/* A string of a JSON document that is written by hand, inside of a page's script element too. */
#ifndef OOMTRACE_JSON_STRING_H
#define OOMTRACE_JSON_STRING_H

#include <stdio.h>

/*
 * Writes the text with its quotes, made visible as on a terminal (escape.h) and so that it can't end
 * the element that it stands in. NULL, or no memory: null.
 */
void json_string__put(FILE *out, const char *text);

#endif
