// SPDX-License-Identifier: GPL-2.0-only
#include "base/lru.h"

int lru__find(const struct lru *lru, uint64_t id)
{
	for (size_t i = 0; i < lru->count; i++) {
		if (lru->ids[i] == id)
			return (int)i;
	}
	return -1;
}

static size_t least_used(const struct lru *lru)
{
	size_t least = 0;

	for (size_t i = 1; i < lru->count; i++) {
		if (lru->used[i] < lru->used[least])
			least = i;
	}
	return least;
}

size_t lru__take(struct lru *lru, uint64_t id, bool *fresh)
{
	int found = lru__find(lru, id);
	size_t slot = (size_t)found;

	*fresh = found < 0;
	if (*fresh) {
		slot = lru->count < LRU_SLOTS ? lru->count++ : least_used(lru);
		lru->ids[slot] = id;
	}
	lru->used[slot] = ++lru->clock;
	return slot;
}
