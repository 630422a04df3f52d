/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Of the time that something may take, each owner of cgroups has a part, so that one whose reading hangs again and again
 * leaves the others theirs. Pure.
 */
#ifndef OOMTRACE_OWNER_BUDGET_H
#define OOMTRACE_OWNER_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "containers/owner.h"

/* More are forgotten, those first that were asked about the longest ago: all together have a bound of their own. */
#define OWNER_BUDGET__OWNERS 32

struct owner_budget_one {
	struct owner owner;
	int64_t left_ns; /* negative: later ones wait for it */
	uint64_t at_ns;	 /* 0: none */
};

struct owner_budget {
	uint64_t part;	    /* one owner may take so much of the time: a fiftieth is 50 */
	uint64_t part_all;  /* and all of them */
	int64_t at_once_ns; /* of one owner; all: as much more as they have of the time */
	struct owner_budget_one all, owners[OWNER_BUDGET__OWNERS];
};

/* Whether there is time left for the cgroup of this path. */
bool owner_budget__may(struct owner_budget *budget, const char *path, uint64_t now_ns);

/* It has taken so long. */
void owner_budget__take(struct owner_budget *budget, const char *path, uint64_t took_ns, uint64_t now_ns);

#endif
