/* SPDX-License-Identifier: GPL-2.0-only */
/* What is to be traced: from the user's words to a cgroup. */
#ifndef OOMTRACE_TARGET_H
#define OOMTRACE_TARGET_H

#include "host/cgroup.h"
#include "commands/trace_options.h"
#include "record/record.h"
#include "target/resolve.h"

struct target {
	const char *kind; /* as in the session record: "machine", "container", "cgroup", "pid" */
	const char *name; /* as the user gave it; NULL for the machine */
	char name_buf[32];
	char cgroup[PATH_MAX];		     /* below the hierarchy's mount; "" for the machine */
	uint64_t cgroup_id;		     /* 0 for the machine */
	uint64_t ancestors[EVENT_DEPTH_MAX]; /* ids of the cgroups above it, nearest first; then 0 */
	uint32_t init_pid;		     /* 0: unknown */
	struct record_container container;   /* its name points into `resolved` */
	struct resolve_result resolved;	     /* for containers */
	int dir_fd;			     /* the cgroup's folder, or -1 */
	int events_fd; /* polls EPOLLPRI when the cgroup gets or loses its processes, or -1 */
};

/*
 * Finds what the options name. On failure says on stderr what is wrong and what can be done, and
 * returns the exit code for it; 0 (EXIT_DONE) means found. target__close() in either case.
 */
int target__find(const struct trace_options *opts, const struct cgroup__hierarchy *h, int hierarchy_error,
		 struct target *out);

/*
 * Whether the target's memory.max may be changed: not on cgroup v1, not the root's, and not that of a
 * cgroup which oomtrace itself is in.
 */
bool target__is_changeable(const struct target *target, const struct cgroup__hierarchy *h);

/* The same, and says why not on stderr. Returns the exit code. */
int target__check_changeable(const struct target *target, const struct cgroup__hierarchy *h);

/* Whether the last process of the target has ended. Never true for the machine. */
bool target__is_gone(const struct target *target);

void target__close(struct target *target);

#endif
