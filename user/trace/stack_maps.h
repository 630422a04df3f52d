/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_STACK_MAPS_H
#define OOMTRACE_STACK_MAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct bpf_map;

/* Is given a sum and its stacks of STACK_DEPTH addresses, which zeros end. Returns whether to go on. */
typedef bool (*stack_maps_fn)(void *ctx, const struct stack_key *key, const struct stack_sum *sum,
			      const uint64_t *user, const uint64_t *kernel);

/*
 * Hands over each sum of a set that no program writes to, and removes it, until `fn` returns false. Then it removes
 * the stacks. Returns whether the set is empty now.
 */
bool stack_maps__take(const struct bpf_map *sums, const struct bpf_map *traces, stack_maps_fn fn, void *ctx);

#endif
