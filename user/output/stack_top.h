/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints in a few lines where most memory was charged. Memory is bounded. Small shares are printed as one. */
#ifndef OOMTRACE_STACK_TOP_H
#define OOMTRACE_STACK_TOP_H

#include <stdbool.h>
#include <stdio.h>

#include "record/record.h"

struct stack_top;

struct stack_top *stack_top__new(void);
void stack_top__free(struct stack_top *top);

/* Adds the weight of a stack to that of its line. A trigger's stack has none. */
void stack_top__add(struct stack_top *top, const struct record_stack *stack);

/* Prints the table, nothing if there was no stack. */
void stack_top__print(struct stack_top *top, FILE *out);

/* Whether a function of the program's own is known, rather than of a C library or of the kernel. */
bool stack_top__has_own(const struct record_stack *stack);

/* Writes the program's functions from its own innermost one on, on one line, without its end. */
void stack_top__put_own(FILE *out, const struct record_stack *stack);

#endif
