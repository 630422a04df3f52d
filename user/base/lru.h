/* SPDX-License-Identifier: GPL-2.0-only */
/* Gives ids the slots of an array. There is a fixed number; the least recently used id loses its slot. Pure. */
#ifndef OOMTRACE_LRU_H
#define OOMTRACE_LRU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LRU_SLOTS 256

/* All zero to begin with. */
struct lru {
	uint64_t ids[LRU_SLOTS];
	uint64_t used[LRU_SLOTS]; /* when, by `clock` */
	uint64_t clock;
	size_t count; /* slots that have been given out */
};

/* The slot of an id, or -1. */
int lru__find(const struct lru *lru, uint64_t id);

/* The slot of an id, and marks it as used. *fresh: the id had none, so the slot still has another id's contents. */
size_t lru__take(struct lru *lru, uint64_t id, bool *fresh);

#endif
