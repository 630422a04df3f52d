// SPDX-License-Identifier: GPL-2.0-only
#include "stacks/sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096 /* a power of two */

/* One allocation, with the frames and strings behind it. */
struct entry {
	struct entry *next;
	uint64_t hash;
	struct record_stack sum;
};

struct stack_sums {
	struct entry *buckets[BUCKETS];
	size_t count;
};

struct stack_sums *stack_sums__new(void)
{
	return calloc(1, sizeof(struct stack_sums));
}

static void clear(struct stack_sums *table)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (table->buckets[i]) {
			struct entry *entry = table->buckets[i];

			table->buckets[i] = entry->next;
			free(entry);
		}
	}
	table->count = 0;
}

void stack_sums__free(struct stack_sums *table)
{
	if (table)
		clear(table);
	free(table);
}

/* FNV-1a */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return text ? hash_bytes(hash, text, strlen(text) + 1) : hash;
}

static uint64_t hash_frames(uint64_t hash, const struct record_frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		hash = hash_text(hash, frames[i].function);
		hash = hash_text(hash, frames[i].module);
		hash = hash_bytes(hash, &frames[i].address, sizeof(frames[i].address));
		hash = hash_bytes(hash, &frames[i].offset, sizeof(frames[i].offset));
	}
	return hash_bytes(hash, &count, sizeof(count));
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_frames(const struct record_frame *a, size_t a_count, const struct record_frame *b,
			size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (a[i].address != b[i].address || a[i].offset != b[i].offset ||
		    !same_text(a[i].function, b[i].function) || !same_text(a[i].module, b[i].module))
			return false;
	}
	return true;
}

static bool same_stack(const struct record_stack *a, const struct record_stack *b)
{
	return same_text(a->comm, b->comm) && same_frames(a->user, a->user_count, b->user, b->user_count) &&
	       same_frames(a->kernel, a->kernel_count, b->kernel, b->kernel_count);
}

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static size_t frames_text_size(const struct record_frame *frames, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += text_size(frames[i].function) + text_size(frames[i].module);
	return size;
}

static const char *copy_text(char **room, const char *text)
{
	char *copy = *room;

	if (!text)
		return NULL;
	memcpy(copy, text, strlen(text) + 1);
	*room += strlen(text) + 1;
	return copy;
}

static const struct record_frame *copy_frames(struct record_frame *out, char **room,
					      const struct record_frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		out[i] = frames[i];
		out[i].function = copy_text(room, frames[i].function);
		out[i].module = copy_text(room, frames[i].module);
	}
	return out;
}

static struct entry *new_entry(const struct record_stack *stack, uint64_t hash)
{
	size_t frames = (stack->user_count + stack->kernel_count) * sizeof(struct record_frame);
	size_t text = text_size(stack->comm) + frames_text_size(stack->user, stack->user_count) +
		      frames_text_size(stack->kernel, stack->kernel_count);
	struct entry *entry = malloc(sizeof(*entry) + frames + text);
	struct record_frame *user;
	char *room;

	if (!entry)
		return NULL;
	user = (struct record_frame *)(entry + 1);
	room = (char *)user + frames;
	entry->hash = hash;
	entry->sum = *stack;
	entry->sum.comm = copy_text(&room, stack->comm);
	entry->sum.user = copy_frames(user, &room, stack->user, stack->user_count);
	entry->sum.kernel = copy_frames(user + stack->user_count, &room, stack->kernel, stack->kernel_count);
	return entry;
}

int stack_sums__add(struct stack_sums *table, const struct record_stack *stack)
{
	uint64_t hash = hash_text(0xcbf29ce484222325, stack->comm);
	struct entry **bucket, *entry;

	hash = hash_frames(hash, stack->user, stack->user_count);
	hash = hash_frames(hash, stack->kernel, stack->kernel_count);
	bucket = &table->buckets[hash % BUCKETS];
	for (entry = *bucket; entry; entry = entry->next) {
		if (entry->hash != hash || !same_stack(&entry->sum, stack))
			continue;
		entry->sum.bytes += stack->bytes;
		entry->sum.samples += stack->samples;
		if (entry->sum.pid != stack->pid)
			entry->sum.pid = 0;
		return 0;
	}
	if (table->count == STACK_TABLE_MAX)
		return -ENOSPC;
	entry = new_entry(stack, hash);
	if (!entry)
		return -ENOMEM;
	entry->next = *bucket;
	*bucket = entry;
	table->count++;
	return 0;
}

void stack_sums__take(struct stack_sums *table, void (*fn)(void *ctx, const struct record_stack *stack),
		      void *ctx)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct entry *entry = table->buckets[i]; entry; entry = entry->next)
			fn(ctx, &entry->sum);
	}
	clear(table);
}
