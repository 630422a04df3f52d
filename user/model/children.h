/* SPDX-License-Identifier: GPL-2.0-only */
/* What shares the limit of an OOM, if the victim was in a cgroup below the limit's. Reads nothing by itself. */
#ifndef OOMTRACE_MODEL_CHILDREN_H
#define OOMTRACE_MODEL_CHILDREN_H

#include "model/env.h"
#include "model/usage.h"

#define CHILDREN_TOLD 10

/* The record, and what it refers to. All zero to begin with. */
struct children {
	struct record_children record;
	struct record_child list[CHILDREN_TOLD];
	struct cgroup_children *read; /* NULL: no memory yet */
};

/*
 * Asks the env for what is below the limit of this OOM's record. Returns whether there is anything to tell; it is in
 * children->record then, until the next call. What usage__history() has found is lost.
 */
bool children__fill(struct children *children, const struct record *record, const struct model_env *env,
		    struct usage *usage);

/* Frees what it refers to. */
void children__release(struct children *children);

#endif
