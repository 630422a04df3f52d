/* SPDX-License-Identifier: GPL-2.0-only */
/* Two recordings side by side, as text and as JSON: what compare__new() takes. */
#ifndef OOMTRACE_COMPARE_PRINT_H
#define OOMTRACE_COMPARE_PRINT_H

#include "report/compare.h"

int compare_print__text(struct compare *c);
int compare_print__json(struct compare *c);

/* The answer in one sentence, with the marks of wrap.h and without a newline. */
void compare_print__sentence(const struct compare *c, FILE *out);

#endif
