/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stall is a cgroup at its limit whose tasks spend most of the time in reclaim, or held back by
 * memory.high, while nothing is killed. Pure, and bounded as the flight recorder is.
 *
 * The event of a reclaim run comes when the run is over, and a run (or a sleep of memory.high) can take
 * seconds. So we judge the time up to the last of these events, never up to now.
 */
#ifndef OOMTRACE_STALL_H
#define OOMTRACE_STALL_H

#include "record/record.h"

#define STALL_PERCENT 50	    /* of the time, at least, summed over all tasks */
#define STALL_MIN_NS 2000000000ULL  /* for that long */
#define STALL_TOLD_NS 1000000000ULL /* between two records */
#define STALL_OVER_NS \
	3000000000ULL /* without any reclaim: it is over. memory.high's sleeps take 2 s at most */

struct stall;

struct stall *stall__new(void);
void stall__free(struct stall *stall);

/* What a cgroup uses, and its limits. */
void stall__usage(struct stall *stall, uint64_t cgroup_id, uint64_t usage_bytes, uint64_t max_bytes,
		  uint64_t high_bytes);
void stall__refused(struct stall *stall, uint64_t cgroup_id, uint64_t count);

/*
 * The three that follow return true when there is a record to be told, with all but names and wall-clock
 * time. Reclaim of `duration_ns`, summed over tasks, between since_ns and ts_ns:
 */
bool stall__reclaim(struct stall *stall, uint64_t cgroup_id, uint64_t ts_ns, uint64_t since_ns,
		    uint64_t duration_ns, struct record *out);

/* Something was killed at this cgroup's limit, or in it. */
bool stall__kill(struct stall *stall, uint64_t cgroup_id, struct record *out);

/* Time has passed. To be called until it returns false. */
bool stall__expire(struct stall *stall, uint64_t now_ns, struct record *out);

#endif
