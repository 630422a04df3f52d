// SPDX-License-Identifier: GPL-2.0-only
#include "record/memory_kinds.h"

#include "base/array.h"

/* A kind that changed by less than this part of the usage explains nothing. */
#define WORTH_PART 16
#define OTHER_PART 100 /* of usage: less than that of other kinds isn't told */

static bool is_worth_telling(const struct record_history *h, uint64_t from, uint64_t to)
{
	uint64_t usage = h->points[h->count - 1].usage_bytes;

	return (from > to ? from - to : to - from) > usage / WORTH_PART;
}

bool memory_kinds__growth(const struct record_history *h, struct kinds_growth *out)
{
	struct kinds_growth g = { 0 };
	bool has_kernel = false, has_sock = false;

	for (size_t i = 0; i < h->count; i++) {
		const struct record_memory_kinds *kinds = &h->points[i].kinds;

		if (kinds->has_kernel) {
			g.kernel_to = kinds->kernel_bytes;
			g.kernel_is_least = kinds->kernel_is_least;
			if (!has_kernel)
				g.kernel_from = g.kernel_to;
			has_kernel = true;
		}
		if (kinds->has_sock) {
			g.sock_to = kinds->sock_bytes;
			if (!has_sock)
				g.sock_from = g.sock_to;
			has_sock = true;
		}
	}
	if (!h->count)
		return false;
	g.kernel = is_worth_telling(h, g.kernel_from, g.kernel_to);
	g.sock = is_worth_telling(h, g.sock_from, g.sock_to);
	*out = g;
	return g.kernel || g.sock;
}

uint64_t memory_kinds__other(const struct record_memory *memory, uint64_t usage_bytes)
{
	/* Shared memory is in file, and these are in the kernel's, which older kernels have no figure for. */
	static const enum memory_item whole[] = { MEMORY_ANON, MEMORY_FILE, MEMORY_KERNEL, MEMORY_SOCK },
				      in_kernel[] = { MEMORY_SLAB_UNRECLAIMABLE, MEMORY_SLAB_RECLAIMABLE,
						      MEMORY_KERNEL_STACK, MEMORY_PAGETABLES, MEMORY_PERCPU };
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		sum += memory->known & 1u << whole[i] ? memory->bytes[whole[i]] : 0;
	for (size_t i = 0; !(memory->known & 1u << MEMORY_KERNEL) && i < ARRAY_SIZE(in_kernel); i++)
		sum += memory->known & 1u << in_kernel[i] ? memory->bytes[in_kernel[i]] : 0;
	if (sum >= usage_bytes || usage_bytes - sum < usage_bytes / OTHER_PART)
		return 0;
	return usage_bytes - sum;
}
