/* SPDX-License-Identifier: GPL-2.0-only */
/* Sums of equal stacks: the same command, the same frames. */
#ifndef OOMTRACE_SUMS_H
#define OOMTRACE_SUMS_H

#include <stdbool.h>

#include "record/record.h"

#define STACK_TABLE_MAX 2048

struct stack_sums;

struct stack_sums *stack_sums__new(void);
void stack_sums__free(struct stack_sums *table);

/*
 * Adds a stack, all of which is copied. Where several processes have the same, the sum's pid is 0.
 * Returns 0, -ENOSPC when the table is full, or -ENOMEM; then nothing has been added.
 */
int stack_sums__add(struct stack_sums *table, const struct record_stack *stack);

/* Hands over each sum and forgets them all. */
void stack_sums__take(struct stack_sums *table, void (*fn)(void *ctx, const struct record_stack *stack),
		      void *ctx);

#endif
