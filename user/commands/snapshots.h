/* SPDX-License-Identifier: GPL-2.0-only */
/* Which snapshots of memory are taken, and when: they are bounded, however often usage comes near a limit. */
#ifndef OOMTRACE_SNAPSHOTS_H
#define OOMTRACE_SNAPSHOTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "commands/snapshot_record.h"
#include "containers/owner_budget.h"

#define SNAPSHOTS__CGROUPS 64
#define SNAPSHOTS__LATER 16

/* One that is to be taken once more, to tell growth. */
struct snapshots_later {
	bool used;
	uint64_t due_ns, mark_ns;
	char cgroup[PATH_MAX];
	struct record_container container;
	char name[256]; /* the container's, or "" */
	struct record_snapshot snapshot;
};

/* Begins with snapshots__init(). */
struct snapshots {
	struct {
		uint64_t cgroup_id, ts_ns;
	} taken[SNAPSHOTS__CGROUPS];
	struct owner_budget budget; /* of time for reading */
	struct snapshots_later later[SNAPSHOTS__LATER];
	struct snapshot_record room;
};

void snapshots__init(struct snapshots *s);

/* Whether one at the mark is to be taken now. Then it is. Times are of CLOCK_BOOTTIME. */
bool snapshots__may(struct snapshots *s, const char *cgroup, uint64_t cgroup_id, uint64_t now_ns);

/*
 * Takes over what was read of the cgroup, fd < 0: nothing. took_ns: from the start of the process that read to its end,
 * also where that was killed; 0: there was none. Returns 0 or a negative errno: there is nothing to say.
 */
int snapshots__read(struct snapshots *s, const char *cgroup, int fd, uint64_t took_ns, uint64_t now_ns,
		    struct record_snapshot *out, uint64_t *began_ns);

/* This one, whose mark was passed at mark_ns, is to be taken once more. */
void snapshots__note(struct snapshots *s, const char *cgroup, const struct record_container *container,
		     const struct record_snapshot *snapshot, uint64_t mark_ns);

/* That could not be done now: it is to be done a moment later, unless it is too late to be of use. */
void snapshots__put_off(struct snapshots *s, const char *cgroup, const struct record_container *container,
			const struct record_snapshot *snapshot, uint64_t mark_ns, uint64_t now_ns);

/* It has come to an OOM: none of this cgroup is taken once more. */
void snapshots__forget(struct snapshots *s, const char *cgroup);

/* One that is due now, or NULL. It is valid until the next call of snapshots__note(). */
const struct snapshots_later *snapshots__due(struct snapshots *s, uint64_t now_ns);

#endif
