/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes a string of a JSON document that is printed by hand, also inside a page's script element. */
#ifndef OOMTRACE_JSON_STRING_H
#define OOMTRACE_JSON_STRING_H

#include <stdio.h>

/*
 * Writes the text with its quotes. Invisible characters are made visible as on a terminal (escape.h), and the
 * text can't end the element that it is in. Writes null for NULL, and when there is no memory.
 */
void json_string__put(FILE *out, const char *text);

#endif
