/* SPDX-License-Identifier: GPL-2.0-only */
/* What the page's words mean, in the page: who it is handed on to has nothing else. */
#ifndef OOMTRACE_HTML_WORDS_H
#define OOMTRACE_HTML_WORDS_H

#include <stdio.h>

void html_words__put(FILE *out);

#endif
