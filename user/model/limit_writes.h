/* SPDX-License-Identifier: GPL-2.0-only */
/* The writes of limits: their records, and the numbers by which people know them. Pure, bounded. */
#ifndef OOMTRACE_LIMIT_WRITES_H
#define OOMTRACE_LIMIT_WRITES_H

#include "model/cgroup_chain.h"
#include "model/env.h"
#include "trace/decode.h"

/* Writes whose numbers are known; an older one has none any more. */
#define LIMIT_WRITES_RECENT 16384
/* Writes of limits whose events are still coming; the oldest is given up for a new one. */
#define LIMIT_WRITES_PENDING CHAIN_PENDING_MAX

struct limit_writes {
	const struct model_env *env;
	/* When the latest writes began; the n-th that was heard of has the number n. */
	uint64_t starts[LIMIT_WRITES_RECENT];
	uint64_t count;
	struct cgroup_chain_pending pending;
};

/* Frees what it holds, not itself. */
void limit_writes__release(struct limit_writes *writes);

/* Takes an event of a GROUP_LIMIT. Returns 0 or -ENOMEM. */
int limit_writes__event(struct limit_writes *writes, const union event *event, int64_t wall_offset_ns);

/* Whether a write that is over began before all of those whose numbers are known: it mustn't get another. */
bool limit_writes__is_forgotten(const struct limit_writes *writes, uint64_t started_ns);

/* The number of the write that began then. Runs of the OOM killer inside the write are reported before the write. */
uint64_t limit_writes__number(struct limit_writes *writes, uint64_t started_ns);

#endif
