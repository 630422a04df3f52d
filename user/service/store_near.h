/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of cgroups that came near their limit: it belongs to an incident that may come of it. */
#ifndef OOMTRACE_STORE_NEAR_H
#define OOMTRACE_STORE_NEAR_H

#include <stddef.h>
#include <stdint.h>

#include "containers/owner.h"

#define STORE_NEAR__LINES 64

struct store_near {
	struct store_near_line {
		uint64_t cgroup_id, ts_ns;
		uint64_t number; /* counted from 1; 0: there is none */
		char *text;
		size_t size;
		struct owner owner;
	} lines[STORE_NEAR__LINES];
	uint64_t count;
};

void store_near__free(struct store_near *near);

/* Keeps a line of this cgroup's, and forgets the oldest if there are many, or if its owner has many. Returns 0 or -ENOMEM. */
int store_near__keep(struct store_near *near, uint64_t cgroup_id, const char *cgroup, uint64_t ts_ns,
		     const char *text, size_t size);

/* Forgets those of this cgroup: it has begun to climb again. */
void store_near__forget(struct store_near *near, uint64_t cgroup_id);

/* Hands over those of this cgroup that aren't too old, as they came. Returns 0, or what put() has. */
int store_near__each(const struct store_near *near, uint64_t cgroup_id, uint64_t now_ns,
		     int (*put)(void *ctx, const char *text, size_t size), void *ctx);

#endif
