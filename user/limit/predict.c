// SPDX-License-Identifier: GPL-2.0-only
#include "limit/predict.h"

#include "host/cgroup.h"
#include "host/meminfo.h"

static uint64_t stat_value(int dir_fd, const char *key)
{
	uint64_t value = 0;

	return cgroup__read_key(dir_fd, "memory.stat", key, &value) ? 0 : value;
}

/* Swap that the cgroup may still use; approximate, because others use the same devices. */
static uint64_t swap_room(int dir_fd)
{
	uint64_t used = 0, max = 0, free_bytes = 0;

	if (meminfo__machine("SwapFree", &free_bytes) || cgroup__read_u64(dir_fd, "memory.swap.max", &max) ||
	    cgroup__read_u64(dir_fd, "memory.swap.current", &used))
		return 0;
	if (max <= used)
		return 0;
	return max - used < free_bytes ? max - used : free_bytes;
}

int predict__floor(int dir_fd, struct prediction *out)
{
	uint64_t usage, anon, swap, reclaimable;
	int err = cgroup__read_u64(dir_fd, "memory.current", &usage);

	if (err)
		return err;
	anon = stat_value(dir_fd, "active_anon") + stat_value(dir_fd, "inactive_anon");
	swap = swap_room(dir_fd);
	reclaimable = stat_value(dir_fd, "active_file") + stat_value(dir_fd, "inactive_file") +
		      stat_value(dir_fd, "slab_reclaimable") + (anon < swap ? anon : swap);
	*out = (struct prediction){
		.usage_bytes = usage,
		.reclaimable_bytes = reclaimable < usage ? reclaimable : usage,
		.floor_bytes = reclaimable < usage ? usage - reclaimable : 0,
	};
	return 0;
}
