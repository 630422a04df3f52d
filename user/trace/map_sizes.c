// SPDX-License-Identifier: GPL-2.0-only
#include "trace/map_sizes.h"

#include <bpf/libbpf.h>

#include "base/array.h"

/* Stacks, and sums, in each of the two sets. A power of two. */
#define STACKS_MAX 4096

/* Some 3 MB for each of the two sets, and nothing at all when none are wanted. */
static int size_stack_maps(struct oomtrace_bpf *skel, bool wanted)
{
	struct bpf_map *maps[] = { skel->maps.stacks_0, skel->maps.stacks_1, skel->maps.sums_0,
				   skel->maps.sums_1, skel->maps.sampled };
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(maps); i++) {
		if (!wanted)
			err = bpf_map__set_autocreate(maps[i], false);
		else if (i < 4)
			err = bpf_map__set_max_entries(maps[i], STACKS_MAX);
	}
	return err;
}

/* Cgroups whose usage can be followed: each takes 0.2 KiB of the kernel's memory. */
#define FOLLOWED_MAX (1U << 16)

/* Of a whole machine. */
#define FOLLOWED_MIN_OF_ALL 8192

/* Room for twice the cgroups that there are: others are made meanwhile. */
static int size_usage_maps(struct oomtrace_bpf *skel, uint32_t cgroups, bool all)
{
	struct bpf_map *const maps[] = { skel->maps.counters, skel->maps.unsettled,
					 skel->maps.refusals_seen };
	uint32_t room = cgroups < FOLLOWED_MAX / 2 ? 2 * cgroups : FOLLOWED_MAX;
	int err = 0;

	if (all && room < FOLLOWED_MIN_OF_ALL)
		room = FOLLOWED_MIN_OF_ALL;
	for (size_t i = 0; !err && i < ARRAY_SIZE(maps); i++)
		err = bpf_map__max_entries(maps[i]) < room ? bpf_map__set_max_entries(maps[i], room) : 0;
	return err;
}

/* What only the programs of PLAN_USAGE refer to need not be made. */
static int leave_out_usage_maps(struct oomtrace_bpf *skel)
{
	struct bpf_map *const maps[] = {
		skel->maps.counters, skel->maps.unsettled,	skel->maps.runs,
		skel->maps.run_sums, skel->maps.unsettled_sums,
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(maps); i++)
		err = bpf_map__set_autocreate(maps[i], false);
	return err;
}

/*
 * Kernels up to 6.x hand each CPU 128 free places of an LRU map at a time, and throw out what is in use when none
 * are left: as many are needed as all CPUs can hold back, and as many again.
 */
#define LRU_PLACES_OF_CPU 256

static int size_lru_maps(struct oomtrace_bpf *skel, int cpus)
{
	struct bpf_map *const maps[] = { skel->maps.writes,	skel->maps.kills_begun,
					 skel->maps.ended,	skel->maps.runs,
					 skel->maps.run_sums,	skel->maps.relief_victims,
					 skel->maps.relief_tids };
	const uint32_t places = (uint32_t)cpus * LRU_PLACES_OF_CPU;
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(maps); i++)
		err = bpf_map__max_entries(maps[i]) < places ? bpf_map__set_max_entries(maps[i], places) : 0;
	return err;
}

/* Programs that are executed between two looks of user space, a fifth of a second apart: of all CPUs together, of each. */
#define EXECS_ALL 2048
#define EXECS_OF_CPU_MIN 128

static int size_execs(struct oomtrace_bpf *skel, uint32_t cpus)
{
	uint32_t of_cpu = EXECS_ALL;

	if (cpus > EXECS_CPUS_MAX)
		cpus = EXECS_CPUS_MAX;
	while (of_cpu > EXECS_OF_CPU_MIN && of_cpu * cpus > EXECS_ALL)
		of_cpu /= 2;
	skel->rodata->execs_of_cpu = of_cpu;
	return bpf_map__set_max_entries(skel->maps.execs, of_cpu * cpus);
}

int map_sizes__leave_for_later(struct oomtrace_bpf *skel, const struct tracer_options *opts)
{
	struct bpf_map *const maps[] = {
		skel->maps.cmdlines,	skel->maps.execs,	skel->maps.relief_victims,
		skel->maps.relief_tids, skel->maps.chains_told, skel->maps.ended,
	};
	int err = opts->usage ? 0 : bpf_map__set_autocreate(skel->maps.refusals_seen, false);

	for (size_t i = 0; !err && i < ARRAY_SIZE(maps); i++)
		err = bpf_map__set_autocreate(maps[i], false);
	return err;
}

int map_sizes__set(struct oomtrace_bpf *skel, const struct tracer_options *opts, int cpus)
{
	int err = size_lru_maps(skel, cpus);

	if (!err)
		err = size_execs(skel, cpus > 0 ? cpus : 1);
	/* With one entry otherwise: functions that the verifier looks at whether they are called or not refer to it. */
	if (!err && opts->many_targets)
		err = bpf_map__set_max_entries(skel->maps.targets, TRACER_TARGETS_MAX);
	if (!err)
		err = opts->usage ? size_usage_maps(skel, opts->cgroups, !opts->target_cgroup_id)
				  : leave_out_usage_maps(skel);
	if (!err && !opts->want_snapshots)
		err = bpf_map__set_autocreate(skel->maps.open_files, false);
	return err ? err : size_stack_maps(skel, opts->want_stacks);
}
