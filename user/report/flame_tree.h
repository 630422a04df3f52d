/* SPDX-License-Identifier: GPL-2.0-only */
/* Stacks added up to a tree, in bounded memory, for a flame graph. */
#ifndef OOMTRACE_FLAME_TREE_H
#define OOMTRACE_FLAME_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

struct flame_tree;

enum flame_kind { FLAME_PROCESS, FLAME_USER, FLAME_KERNEL };

struct flame_node {
	uint32_t parent, name; /* indices */
	uint64_t bytes;
	enum flame_kind kind;
};

/* Returns a tree for flame_tree__free(), or NULL when there is no memory. */
struct flame_tree *flame_tree__new(void);
void flame_tree__free(struct flame_tree *flame);

/* Adds a stack below its process. Frames that there is no room for count for their callers. */
void flame_tree__add(struct flame_tree *flame, const struct record_stack *stack);

uint64_t flame_tree__bytes(const struct flame_tree *flame);
uint64_t flame_tree__samples(const struct flame_tree *flame);

/* The tree: node 0 is all, and parents come before their children. An index is below the count. */
uint32_t flame_tree__node_count(const struct flame_tree *flame);
const struct flame_node *flame_tree__node(const struct flame_tree *flame, uint32_t index);

/* The names of its nodes, and what user functions of a name have charged themselves. */
uint32_t flame_tree__name_count(const struct flame_tree *flame);
const char *flame_tree__name(const struct flame_tree *flame, uint32_t index);
uint64_t flame_tree__own_bytes(const struct flame_tree *flame, uint32_t index);

/* "function", "[library.so]" or "[unknown]", as in the folded format. Returns dst. */
const char *flame_tree__frame_name(char *dst, size_t size, const struct record_frame *frame);

#endif
