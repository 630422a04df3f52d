/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom a run of the OOM killer might have killed: the record of it. Pure. */
#ifndef OOMTRACE_MODEL_CANDIDATES_H
#define OOMTRACE_MODEL_CANDIDATES_H

#include "model/cgroup_chain.h"
#include "model/env.h"

#define CANDIDATES_PROGRAMS 10 /* in the record */

/* The record, and what it refers to. */
struct candidates {
	struct record_candidates record;
	struct record_candidate list[EVENT_CANDIDATES_MAX];
	struct record_program programs[CANDIDATES_PROGRAMS];
};

/*
 * Fills in *to from the kernel side's event, which must outlive it. `oom`: of the same run, NULL if that was lost.
 * `cgroups`: of the same run.
 */
void candidates__fill(struct candidates *to, const struct event_candidates *event,
		      const struct event_oom *oom, struct cgroup_chain_set *cgroups,
		      const struct model_env *env);

#endif
