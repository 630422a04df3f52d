/* SPDX-License-Identifier: GPL-2.0-only */
/* What of a usage isn't user pages: struct record_memory_kinds. */
#ifndef OOMTRACE_KINDS_H
#define OOMTRACE_KINDS_H

#include "record/record.h"

/* Sets the bytes. A number that doesn't fit into the record stays unknown. */
static inline void memory_kinds__set_kernel(struct record_memory_kinds *kinds, uint64_t bytes, bool is_least)
{
	if (bytes > RECORD_MEMORY_KIND_MAX)
		return;
	kinds->kernel_bytes = bytes & RECORD_MEMORY_KIND_MAX;
	kinds->has_kernel = 1;
	kinds->kernel_is_least = is_least;
}

static inline void memory_kinds__set_sock(struct record_memory_kinds *kinds, uint64_t bytes)
{
	if (bytes > RECORD_MEMORY_KIND_MAX)
		return;
	kinds->sock_bytes = bytes & RECORD_MEMORY_KIND_MAX;
	kinds->has_sock = 1;
}

struct kinds_growth {
	bool kernel, sock; /* it changed by enough to be worth telling */
	bool kernel_is_least;
	uint64_t kernel_from, kernel_to, sock_from, sock_to;
};

/* How these changed over a history. Returns false when there is nothing worth telling. */
bool memory_kinds__growth(const struct record_history *h, struct kinds_growth *out);

/*
 * What is left of usage when all kinds are taken away: batches that tasks have charged and not used yet,
 * and what the kernel has no figure for. Of approximate figures a small rest says nothing: 0.
 */
uint64_t memory_kinds__other(const struct record_memory *memory, uint64_t usage_bytes);

#endif
