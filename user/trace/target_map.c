// SPDX-License-Identifier: GPL-2.0-only
#include "trace/target_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* The programs add those that are new, and change none that is there. */
int target_map__set(const struct bpf_map *map, uint64_t cgroup_id, uint32_t set, uint32_t clear)
{
	uint32_t before = 0, flags;

	if (bpf_map__lookup_elem(map, &cgroup_id, sizeof(cgroup_id), &before, sizeof(before), 0))
		before = 0;
	flags = (before | set) & ~clear;
	if (flags == before)
		return 0;
	if (!flags)
		return bpf_map__delete_elem(map, &cgroup_id, sizeof(cgroup_id), 0);
	return bpf_map__update_elem(map, &cgroup_id, sizeof(cgroup_id), &flags, sizeof(flags), BPF_ANY);
}
