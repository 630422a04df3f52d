/* SPDX-License-Identifier: GPL-2.0-only */
/* The model's part for usage: makes usage and reclaim records, keeps the seconds before an OOM, finds stalls. Pure. */
#ifndef OOMTRACE_USAGE_H
#define OOMTRACE_USAGE_H

#include "model/env.h"
#include "trace/decode.h"

struct usage;

/* The env must outlive it. Returns NULL without memory. */
struct usage *usage__new(const struct model_env *env);
void usage__free(struct usage *usage);

/* Takes an EVENT_USAGE, an EVENT_RECLAIM, or any event of a GROUP_CHARGE. Returns 0 or -ENOMEM. */
int usage__event(struct usage *usage, const union event *event, int64_t wall_offset_ns);

/*
 * The seconds before an OOM, of the limit's cgroup. When that cgroup isn't recorded, of the one nearest to the
 * first victim that is. Returns whether there is one. Its points are valid until the next call.
 */
bool usage__history(struct usage *usage, const struct record *record, struct record_history *out);

/* The same for a cgroup at any time. */
bool usage__curve(struct usage *usage, uint64_t cgroup_id, uint64_t boot_ns, struct record_history *out);

/* Flight recorders that were given up for others; see flight_recorder__given_up(). */
uint64_t usage__given_up(const struct usage *usage);

/* Processes have been killed, which ends the stalls of the cgroups they were in and of the limit's. */
void usage__killed(struct usage *usage, const struct record_oom *oom);

/* The path of a cgroup, as far as it is known or can be found; valid until the next call. */
const char *usage__path(struct usage *usage, uint64_t cgroup_id);

/* Time has passed. */
void usage__expire(struct usage *usage, uint64_t boot_ns);

#endif
