/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model turns events into records. It puts the events of one run of the OOM killer together, and notes
 * which are missing. It is pure: it asks the world only through struct model_env. Its memory is bounded.
 */
#ifndef OOMTRACE_MODEL_H
#define OOMTRACE_MODEL_H

#include "model/env.h"
#include "trace/decode.h"

struct model;

struct model_totals {
	uint64_t ooms, kills;
};

/* Returns a model for model__free(), or NULL when there is no memory. The env is copied. */
struct model *model__new(const struct model_env *env);
void model__free(struct model *model);

/*
 * Takes a checked event. wall_offset_ns is what to add to its time to get wall-clock time.
 * Returns 0 or -ENOMEM.
 */
int model__event(struct model *model, const union event *event, int64_t wall_offset_ns);

/*
 * To be called now and then. Hands over a run that was going on when we attached, once it is older than a
 * second at boot_ns, because its end may never come. Ends stalls that send no more events.
 */
void model__expire(struct model *model, uint64_t boot_ns);

/* The latest usage of a cgroup. False when none is known; the points are valid until the next call. */
bool model__history(struct model *model, uint64_t cgroup_id, uint64_t boot_ns, struct record_history *out);

/* Hands over runs and writes that are still open, as incomplete. Call it when no more events can come. */
void model__finish(struct model *model);

/* A snapshot of memory was taken: the next OOM at that limit will have it. */
void model__note_snapshot(struct model *model, const struct record *record);

/* The target has come back with another init; 0: it isn't known. */
void model__set_init(struct model *model, uint32_t init_pid);

struct model_totals model__totals(const struct model *model);

/* Flight recorders that were given up for others; see flight_recorder__given_up(). */
uint64_t model__given_up(const struct model *model);

#endif
