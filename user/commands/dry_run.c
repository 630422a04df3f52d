// SPDX-License-Identifier: GPL-2.0-only
#include "commands/dry_run.h"

#include "base/units.h"
#include "host/cgroup.h"
#include "limit/predict.h"

static void print_floor(FILE *out, uint64_t max_bytes, uint64_t floor_bytes)
{
	char size[UNITS__TEXT_SIZE];

	fprintf(out, "    memory.max %s would %s\n", units__format_size(size, sizeof(size), max_bytes),
		max_bytes >= floor_bytes ? "hold" : "kill");
}

void dry_run__print_changes(FILE *out, const struct limit_changes *changes, int dir_fd)
{
	const struct ramp *ramp = &changes->ramp;
	char size[UNITS__TEXT_SIZE], floor[UNITS__TEXT_SIZE];
	uint64_t bytes = ramp->from_bytes;
	struct prediction p;
	bool more = changes->has_ramp;

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
	if (changes->has_max)
		print_floor(out, changes->max_bytes, p.floor_bytes);
}
