/* SPDX-License-Identifier: GPL-2.0-only */
/* What a page begins with. */
#ifndef OOMTRACE_HTML_HEAD_H
#define OOMTRACE_HTML_HEAD_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Writes the document's head, with the style and a policy that allows it, and the built-in scripts if `scripts`
 * says so, and nothing from elsewhere; then the beginning of the body. The title is "NAME: WHAT", NAME being
 * somebody else's.
 */
void html_head__put(FILE *out, const char *name, const char *what, bool scripts);

#endif
