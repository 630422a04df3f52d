// SPDX-License-Identifier: GPL-2.0-only
#include "limit/predict.h"

#include <stdio.h>
#include <string.h>

#include "host/cgroup.h"
#include "host/meminfo.h"
#include "base/units.h"

static uint64_t stat_value(int dir_fd, const char *key)
{
	uint64_t value = 0;

	return cgroup__read_key(dir_fd, "memory.stat", key, &value) ? 0 : value;
}

/* Swap that the cgroup may still use; approximate, since others use the same devices. */
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

static void print_floor(FILE *out, uint64_t max_bytes, uint64_t floor_bytes)
{
	char size[UNITS__TEXT_SIZE];

	fprintf(out, "    memory.max %s would %s\n", units__format_size(size, sizeof(size), max_bytes),
		max_bytes >= floor_bytes ? "hold" : "kill");
}

void predict__print(FILE *out, const struct trace_options *opts, int dir_fd)
{
	const struct ramp *ramp = &opts->ramp;
	char size[UNITS__TEXT_SIZE], floor[UNITS__TEXT_SIZE];
	uint64_t bytes = ramp->from_bytes;
	struct prediction p;
	bool more = opts->has_ramp;

	if (predict__floor(dir_fd, &p))
		return;
	fprintf(out, "    usage is %s; reclaim can get it at best down to %s (approximately)\n",
		units__format_size(size, sizeof(size), p.usage_bytes),
		units__format_size(floor, sizeof(floor), p.floor_bytes));
	if (more && ramp->from_now)
		more = !cgroup__read_u64(dir_fd, "memory.max", &bytes) && ramp__next(ramp, bytes, &bytes);
	while (more) {
		print_floor(out, bytes, p.floor_bytes);
		more = ramp__next(ramp, bytes, &bytes);
	}
	if (opts->has_set_max)
		print_floor(out, opts->set_max_bytes, p.floor_bytes);
}
