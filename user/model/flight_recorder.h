/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flight recorder: the last seconds of each cgroup's usage, its reclaim and its refused charges.
 * Pure. Memory is bounded by number of cgroups and by bytes: the cgroup that has moved least recently goes first.
 */
#ifndef OOMTRACE_RECORDER_H
#define OOMTRACE_RECORDER_H

#include "record/record.h"

#define RECORDER_WINDOW_NS 10000000000ULL
/*
 * Of each cgroup the recorder keeps the newest points as they came, so it has a spike of milliseconds. Of the
 * older points it keeps the highest of each RECORDER_COARSE_NS, so a storm of points can't shorten the window.
 */
#define RECORDER_FINE 256
#define RECORDER_COARSE 256
#define RECORDER_POINTS (RECORDER_FINE + RECORDER_COARSE)
#define RECORDER_COARSE_NS 40000000ULL

struct recorder_bounds {
	size_t cgroups;	     /* tracks at once */
	size_t bytes;	     /* that all their points and sums may take */
	size_t fine, coarse; /* points of a cgroup, at most RECORDER_FINE and RECORDER_COARSE */
	uint64_t coarse_ns;
};

/* A target with what is below it; and every cgroup of a machine, whose points come less often. */
extern const struct recorder_bounds recorder_of_target, recorder_of_all;

struct flight_recorder;

/* The bounds must outlive it. Returns a recorder for flight_recorder__free(), or NULL without memory. */
struct flight_recorder *flight_recorder__new(const struct recorder_bounds *bounds);
void flight_recorder__free(struct flight_recorder *recorder);

/* Takes a point of a cgroup's curve; they may come slightly out of order. Returns 0 or -ENOMEM. */
int flight_recorder__point(struct flight_recorder *recorder, uint64_t cgroup_id,
			   const struct record_point *point);

/* Add to the sums of a cgroup at this time. Return 0 or -ENOMEM. */
int flight_recorder__reclaim(struct flight_recorder *recorder, uint64_t cgroup_id, uint64_t ts_ns,
			     enum reclaim_kind kind, const struct record_reclaim_sum *sum);
int flight_recorder__refused(struct flight_recorder *recorder, uint64_t cgroup_id, uint64_t ts_ns,
			     uint64_t count);

/*
 * How many cgroups lost their track to others within RECORDER_WINDOW_NS of their last move: a history of theirs would
 * have been longer. One that hasn't moved for longer has nothing to lose.
 */
uint64_t flight_recorder__given_up(const struct flight_recorder *recorder);

/* How many bytes all tracks take. */
size_t flight_recorder__bytes(const struct flight_recorder *recorder);

/* Whether a point of this cgroup is there. */
bool flight_recorder__has(const struct flight_recorder *recorder, uint64_t cgroup_id);

/*
 * The history of a cgroup up to and including ts_ns. Returns false when the cgroup has no point. The points
 * are valid until the next call. The caller fills in the cgroup's path.
 */
bool flight_recorder__history(struct flight_recorder *recorder, uint64_t cgroup_id, uint64_t ts_ns,
			      struct record_history *out);

#endif
