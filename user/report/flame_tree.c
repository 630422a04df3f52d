// SPDX-License-Identifier: GPL-2.0-only
#include "report/flame_tree.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX 32768
#define NAMES_MAX 16384
#define TABLE_SIZE (2 * NODES_MAX) /* of both tables; a power of two */
#define NAME_SIZE 256
#define ALL 0 /* the root's index; no child has it, so that 0 is free in the table */

struct flame_tree {
	struct flame_node nodes[NODES_MAX];
	uint32_t node_count;
	uint32_t node_table[TABLE_SIZE]; /* indices of nodes; 0: free */
	char *names[NAMES_MAX];
	uint64_t own_bytes[NAMES_MAX]; /* charged by a user function of this name itself */
	uint32_t name_count;
	uint32_t name_table[TABLE_SIZE]; /* indices of names + 1; 0: free */
	uint64_t samples;
};

static uint32_t hash_text(const char *text)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

/* The index of a name, or -1 when there is no room for another. */
static int64_t intern(struct flame_tree *flame, const char *name)
{
	uint32_t i = hash_text(name) % TABLE_SIZE;

	while (flame->name_table[i]) {
		if (!strcmp(flame->names[flame->name_table[i] - 1], name))
			return flame->name_table[i] - 1;
		i = (i + 1) % TABLE_SIZE;
	}
	if (flame->name_count == NAMES_MAX)
		return -1;
	flame->names[flame->name_count] = strdup(name);
	if (!flame->names[flame->name_count])
		return -1;
	flame->name_table[i] = ++flame->name_count;
	return flame->name_count - 1;
}

/* The child of that name and kind, made if it must be; the parent itself when there is no room. */
static uint32_t child(struct flame_tree *flame, uint32_t parent, const char *name, enum flame_kind kind)
{
	int64_t index = intern(flame, name);
	uint32_t i;

	if (index < 0)
		return parent;
	i = (parent * 2654435761u ^ (uint32_t)index * 40503u ^ kind) % TABLE_SIZE;
	for (; flame->node_table[i]; i = (i + 1) % TABLE_SIZE) {
		const struct flame_node *node = &flame->nodes[flame->node_table[i]];

		if (node->parent == parent && node->name == index && node->kind == kind)
			return flame->node_table[i];
	}
	if (flame->node_count == NODES_MAX)
		return parent;
	flame->nodes[flame->node_count] =
		(struct flame_node){ .parent = parent, .name = (uint32_t)index, .kind = kind };
	flame->node_table[i] = flame->node_count;
	return flame->node_count++;
}

struct flame_tree *flame_tree__new(void)
{
	struct flame_tree *flame = calloc(1, sizeof(*flame));

	if (!flame)
		return NULL;
	flame->node_count = 1;
	if (intern(flame, "all") < 0) {
		flame_tree__free(flame);
		return NULL;
	}
	return flame;
}

void flame_tree__free(struct flame_tree *flame)
{
	if (!flame)
		return;
	for (uint32_t i = 0; i < flame->name_count; i++)
		free(flame->names[i]);
	free(flame);
}

const char *flame_tree__frame_name(char *dst, size_t size, const struct record_frame *frame)
{
	const char *slash = frame->module ? strrchr(frame->module, '/') : NULL;

	if (frame->function && *frame->function)
		snprintf(dst, size, "%s", frame->function);
	else
		snprintf(dst, size, "[%s]", slash ? slash + 1 : frame->module ? frame->module : "unknown");
	return dst;
}

void flame_tree__add(struct flame_tree *flame, const struct record_stack *stack)
{
	uint32_t at;
	char name[NAME_SIZE];

	flame->samples += stack->samples;
	flame->nodes[ALL].bytes += stack->bytes;
	at = child(flame, ALL, stack->comm ? stack->comm : "(unknown)", FLAME_PROCESS);
	if (at != ALL)
		flame->nodes[at].bytes += stack->bytes;
	/* Innermost first in the record, outermost first in the tree; the kernel is what user code called. */
	for (size_t i = stack->user_count + stack->kernel_count; i--;) {
		bool kernel = i < stack->kernel_count;
		const struct record_frame *frame = kernel ? &stack->kernel[i]
							  : &stack->user[i - stack->kernel_count];
		uint32_t next = child(flame, at, flame_tree__frame_name(name, sizeof(name), frame),
				      kernel ? FLAME_KERNEL : FLAME_USER);

		if (next == at)
			break;
		at = next;
		flame->nodes[at].bytes += stack->bytes;
		if (i == stack->kernel_count) /* the innermost user frame */
			flame->own_bytes[flame->nodes[at].name] += stack->bytes;
	}
}

uint64_t flame_tree__bytes(const struct flame_tree *flame)
{
	return flame->nodes[ALL].bytes;
}

uint64_t flame_tree__samples(const struct flame_tree *flame)
{
	return flame->samples;
}

uint32_t flame_tree__node_count(const struct flame_tree *flame)
{
	return flame->node_count;
}

const struct flame_node *flame_tree__node(const struct flame_tree *flame, uint32_t index)
{
	return &flame->nodes[index];
}

uint32_t flame_tree__name_count(const struct flame_tree *flame)
{
	return flame->name_count;
}

const char *flame_tree__name(const struct flame_tree *flame, uint32_t index)
{
	return flame->names[index];
}

uint64_t flame_tree__own_bytes(const struct flame_tree *flame, uint32_t index)
{
	return flame->own_bytes[index];
}
