/* SPDX-License-Identifier: GPL-2.0-only */
/* Stacks added up to a tree, in bounded memory, for a flame graph. */
#ifndef OOMTRACE_FLAME_H
#define OOMTRACE_FLAME_H

#include <stdio.h>

#include "record/record.h"

struct flame_tree;

/* Returns a tree for flame_tree__free(), or NULL when there is no memory. */
struct flame_tree *flame_tree__new(void);
void flame_tree__free(struct flame_tree *flame);

/* Adds a stack below its process. Frames that there is no room for count for their callers. */
void flame_tree__add(struct flame_tree *flame, const struct record_stack *stack);

uint64_t flame_tree__bytes(const struct flame_tree *flame);
uint64_t flame_tree__samples(const struct flame_tree *flame);

/*
 * Writes {"names":[...],"nodes":[[parent, name, bytes, kind],...]} with nodes too small to be seen
 * left out; parents come before their children, the first node is all. kind: 0 process, 1 user, 2 kernel.
 */
void flame_tree__write_json(const struct flame_tree *flame, FILE *out);

/* Writes table rows: the user functions in which most was charged, with their own bytes. */
void flame_tree__write_rows(const struct flame_tree *flame, FILE *out);

/* "function", "[library.so]" or "[unknown]", as in the folded format. Returns dst. */
const char *flame_tree__frame_name(char *dst, size_t size, const struct record_frame *frame);

#endif
