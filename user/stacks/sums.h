/* SPDX-License-Identifier: GPL-2.0-only */
/* Sums of equal stacks: the same command, the same frames. */
#ifndef OOMTRACE_STACK_TABLE_H
#define OOMTRACE_STACK_TABLE_H

#include <stdbool.h>

#include "record/record.h"

#define STACK_TABLE_MAX 2048

struct stack_table;

struct stack_table *stack_table__new(void);
void stack_table__free(struct stack_table *table);

/*
 * Adds a stack, all of which is copied. Where several processes have the same, the sum's pid is 0.
 * Returns 0, -ENOSPC when the table is full, or -ENOMEM; then nothing has been added.
 */
int stack_table__add(struct stack_table *table, const struct record_stack *stack);

/* Hands over each sum and forgets them all. */
void stack_table__take(struct stack_table *table,
		       void (*fn)(void *ctx, const struct record_stack *stack), void *ctx);

#endif
