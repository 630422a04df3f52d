/* SPDX-License-Identifier: GPL-2.0-only */
/* Remembers the last snapshots of memory, for an OOM at the same limit. Pure; its memory is bounded. */
#ifndef OOMTRACE_BEFORE_H
#define OOMTRACE_BEFORE_H

#include "record/record.h"

struct before;

/* Returns one for before__free(), or NULL. */
struct before *before__new(void);
void before__free(struct before *before);

/* A record of type "snapshot". */
void before__note(struct before *before, const struct record *record);

/*
 * What is known for an OOM at the limit of this cgroup at this time, from the last snapshot at the mark. Returns false when
 * there is none, or when it is too old. Its names are valid until the next call of before__note().
 */
bool before__find(const struct before *before, uint64_t cgroup_id, uint64_t boot_ns,
		  struct record_before *out);

#endif
