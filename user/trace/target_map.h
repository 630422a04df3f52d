/* SPDX-License-Identifier: GPL-2.0-only */
/* The map `targets`: what the programs are told of several targets. */
#ifndef OOMTRACE_TARGET_MAP_H
#define OOMTRACE_TARGET_MAP_H

#include <stdint.h>

struct bpf_map;

/* As tracer__set_target(). */
int target_map__set(const struct bpf_map *map, uint64_t cgroup_id, uint32_t set, uint32_t clear);

#endif
