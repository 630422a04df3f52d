/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of the OOM killer: puts together what belongs to it, and says what is missing. oom_lock serialises the
 * runs, so that there is one at a time. Pure, bounded.
 */
#ifndef OOMTRACE_OOM_RUN_H
#define OOMTRACE_OOM_RUN_H

#include "model/cgroup_chain.h"
#include "model/env.h"
#include "trace/decode.h"

/* A run is kept with at most this many victims; its cgroups are bounded by CHAIN_CGROUPS_MAX. */
#define OOM_RUN_VICTIMS_MAX 4096

struct oom_run;

/* The env must outlive it. Returns NULL without memory. */
struct oom_run *oom_run__new(const struct model_env *env);
void oom_run__free(struct oom_run *run);

/* The group that the open run's events have; 0: none is open. */
uint64_t oom_run__id(const struct oom_run *run);

/* Takes an event; the first one opens a run. Returns 0 or -ENOMEM. */
int oom_run__event(struct oom_run *run, const union event *event, int64_t wall_offset_ns);

/* Whether the run's last event has come. */
bool oom_run__is_over(const struct oom_run *run);

/* Whether the run was going on when we attached, at least so long before boot_ns: its end may never be heard of. */
bool oom_run__is_late(const struct oom_run *run, uint64_t boot_ns);

/* What the kernel said of the run as a whole; NULL: that was lost. */
const struct event_oom *oom_run__oom(const struct oom_run *run);

/*
 * The record of the open run, incomplete if it isn't over, without cause and history. It is the run's, valid until
 * oom_run__close(). NULL without memory.
 */
struct record *oom_run__record(struct oom_run *run);

/* Forgets the open run. Its victims are remembered. */
void oom_run__close(struct oom_run *run);

/* Whether this process was killed lately: its exit comes after its run is closed. */
bool oom_run__was_victim(const struct oom_run *run, uint32_t pid, uint64_t start_ns);

#endif
