// SPDX-License-Identifier: GPL-2.0-only
#include "record/memory_kinds.h"

/* A kind that changed by less than this part of the usage explains nothing. */
#define WORTH_PART 16

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
