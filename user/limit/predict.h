/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_PREDICT_H
#define OOMTRACE_PREDICT_H

#include <stdint.h>

struct prediction {
	uint64_t usage_bytes;
	uint64_t reclaimable_bytes; /* at best: page cache that isn't locked or shmem, and slab caches */
	uint64_t floor_bytes;	    /* usage that reclaim can't get below; a lower limit must kill */
};

/*
 * Predicts how far reclaim can bring usage down, from memory.current and memory.stat of the cgroup whose folder
 * is dir_fd. Anonymous memory counts as reclaimable only if there is swap for it. The result is approximate: the
 * kernel's counters lag behind, pages may be in use, and memory that memory.min of a child protects is not
 * taken off. Returns 0 or a negative errno.
 */
int predict__floor(int dir_fd, struct prediction *out);

#endif
