/* SPDX-License-Identifier: GPL-2.0-only */
/* The cgroups in the events of one group, and the chains from leaf to root that they form. Pure. */
#ifndef OOMTRACE_CHAIN_H
#define OOMTRACE_CHAIN_H

#include "record/record.h"

/* Of one group; more are left out, and what lies below them has no path then. */
#define CHAIN_CGROUPS_MAX 1024

/* Of a group that refers to two cgroups at most. */
#define CHAIN_PENDING_CGROUPS_MAX (2 * EVENT_CGROUP_LEVELS)
/* Groups whose events are still coming; the oldest is given up for a new one. */
#define CHAIN_PENDING_MAX 32

struct cgroup_chain_node;

struct cgroup_chain_set {
	struct cgroup_chain_node *nodes;
	size_t count, room;
	size_t max; /* 0: CHAIN_CGROUPS_MAX */
};

/* Groups of which several threads send the events, so that they overlap. All zero to begin with. */
struct cgroup_chain_pending {
	struct {
		uint64_t group; /* 0: free */
		struct cgroup_chain_set cgroups;
	} slots[CHAIN_PENDING_MAX];
	size_t next;
};

/* Takes a level; one that is known already stays as it is. Returns 0 or -ENOMEM. */
int cgroup_chain__add(struct cgroup_chain_set *set, const struct event_cgroup *event);

/* Forgets all levels, and cgroup_chain__free() their memory too. */
void cgroup_chain__clear(struct cgroup_chain_set *set);
void cgroup_chain__free(struct cgroup_chain_set *set);

/* The path of a cgroup, or NULL when a level of its chain was lost or cut. Valid until it is cleared. */
const char *cgroup_chain__path(struct cgroup_chain_set *set, uint64_t id);

/* Fills in one level. Returns whether it is known. limit_id: the cgroup whose limit was hit, or 0. */
bool cgroup_chain__level(struct cgroup_chain_set *set, uint64_t id, uint64_t limit_id, uint32_t page_size,
			 struct record_level *level);

/*
 * The levels from `id` up to the root, as far as they are known, at most EVENT_CGROUP_LEVELS. Returns
 * their number.
 */
size_t cgroup_chain__fill(struct cgroup_chain_set *set, uint64_t id, uint64_t limit_id, uint32_t page_size,
			  struct record_level *levels);

/* Whether the levels from `id` up are all known, to the root or to where the kernel side cut them. */
bool cgroup_chain__is_whole(const struct cgroup_chain_set *set, uint64_t id);

/* The cgroups of a group that isn't complete yet; empty if it is new. */
struct cgroup_chain_set *cgroup_chain__pending(struct cgroup_chain_pending *pending, uint64_t group);

/* Forgets a group, whether there was anything of it or not. */
void cgroup_chain__done(struct cgroup_chain_pending *pending, uint64_t group);
void cgroup_chain__free_pending(struct cgroup_chain_pending *pending);

/* A limit in pages, as a page counter has it, in bytes. */
uint64_t cgroup_chain__limit_bytes(uint64_t pages, uint32_t page_size);

/* Makes room for one more element. Returns 0, -ENOMEM, or -ENOSPC at `max`. */
int cgroup_chain__grow(void **array, size_t *room, size_t count, size_t size, size_t max);

#endif
