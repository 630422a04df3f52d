/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What memory.events of a target says has happened there since the trace began, however often the target went and came
 * back. Only `oom_kill` of it can be held against what was told: docs/notes/kernel-counts.md.
 */
#ifndef OOMTRACE_KERNEL_EVENTS_H
#define OOMTRACE_KERNEL_EVENTS_H

#include "record/record.h"

struct kernel_events {
	bool known; /* the file has been read */
	bool cut;   /* what came between the last look and the removal of a cgroup isn't known */
	struct record_kernel_events first; /* of the cgroup that the target is now, as those below */
	struct record_kernel_events last;
	struct record_kernel_events before; /* what had come in cgroups that the target was before */
};

/* The target is a cgroup whose memory.events this is. All that it counts from now on is meant, or `all` that it has. */
void kernel_events__begin(struct kernel_events *events, int fd, bool all);

/* Reads it again. A cgroup that is gone has nothing more to say. */
void kernel_events__look(struct kernel_events *events, int fd);

/* What has been counted up to the last look. Returns false when nothing could be read. */
bool kernel_events__sum(const struct kernel_events *events, struct record_kernel_events *out);

#endif
