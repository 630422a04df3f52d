// SPDX-License-Identifier: GPL-2.0-only
#include "commands/dry_run.h"

#include "base/units.h"
#include "host/cgroup.h"
#include "limit/predict.h"

#define STEPS_SHOWN 32

static void print_floor(FILE *out, uint64_t max_bytes, uint64_t floor_bytes)
{
	char size[UNITS__TEXT_SIZE];

	fprintf(out, "    memory.max %s would %s\n", units__format_size(size, sizeof(size), max_bytes),
		max_bytes >= floor_bytes ? "hold" : "kill");
}

/* Prints the limits of a ramp. A ramp of tiny steps has millions of limits: prints the first ones and the last. */
static void print_ramp(FILE *out, const struct ramp *ramp, int dir_fd, const struct prediction *p)
{
	uint64_t max = 0, bytes;
	unsigned int shown = 0;
	bool more = true;

	if (ramp->from_now && cgroup__read_u64(dir_fd, "memory.max", &max))
		return;
	bytes = changes__ramp_from(ramp, max, p->usage_bytes);
	if (ramp->from_now)
		more = ramp__next(ramp, bytes, &bytes);
	for (; more && shown < STEPS_SHOWN; shown++) {
		print_floor(out, bytes, p->floor_bytes);
		more = ramp__next(ramp, bytes, &bytes);
	}
	if (!more)
		return;
	fputs("    ... and steps between, up to the last:\n", out);
	print_floor(out, ramp->to_bytes, p->floor_bytes);
}

void dry_run__print_changes(FILE *out, const struct limit_changes *changes, int dir_fd)
{
	char size[UNITS__TEXT_SIZE], floor[UNITS__TEXT_SIZE];
	struct prediction p;

	if (predict__floor(dir_fd, &p))
		return;
	fprintf(out, "    usage is %s; reclaim can get it at best down to %s (approximately)\n",
		units__format_size(size, sizeof(size), p.usage_bytes),
		units__format_size(floor, sizeof(floor), p.floor_bytes));
	if (changes->has_ramp)
		print_ramp(out, &changes->ramp, dir_fd, &p);
	if (changes->has_max)
		print_floor(out, changes->max_bytes, p.floor_bytes);
}
