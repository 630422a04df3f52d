// SPDX-License-Identifier: GPL-2.0-only
/* Empties a set of the kernel side's maps of stacks: how much was charged by which, and the stacks themselves. */
#include "trace/stack_maps.h"

#include <bpf/libbpf.h>
#include <string.h>

/* The addresses of a stack; none if there is no such stack. */
static void read_stack(const struct bpf_map *map, int32_t id, uint64_t *addresses)
{
	uint32_t key = id;

	if (id < 0 ||
	    bpf_map__lookup_elem(map, &key, sizeof(key), addresses, STACK_DEPTH * sizeof(*addresses), 0))
		memset(addresses, 0, STACK_DEPTH * sizeof(*addresses));
}

static void clear_stacks(const struct bpf_map *map)
{
	uint32_t key;

	while (!bpf_map__get_next_key(map, NULL, &key, sizeof(key)) &&
	       !bpf_map__delete_elem(map, &key, sizeof(key), 0))
		;
}

bool stack_maps__take(const struct bpf_map *sums, const struct bpf_map *traces, stack_maps_fn fn, void *ctx)
{
	uint64_t user[STACK_DEPTH], kernel[STACK_DEPTH];
	struct stack_key key;
	struct stack_sum sum;

	while (!bpf_map__get_next_key(sums, NULL, &key, sizeof(key))) {
		if (bpf_map__lookup_elem(sums, &key, sizeof(key), &sum, sizeof(sum), 0))
			return true;
		read_stack(traces, key.user_id, user);
		read_stack(traces, key.kernel_id, kernel);
		if (!fn(ctx, &key, &sum, user, kernel))
			return false;
		bpf_map__delete_elem(sums, &key, sizeof(key), 0);
	}
	clear_stacks(traces);
	return true;
}
