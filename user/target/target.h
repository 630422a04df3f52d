/* SPDX-License-Identifier: GPL-2.0-only */
/* The target: finds the cgroup that the user named. */
#ifndef OOMTRACE_TARGET_H
#define OOMTRACE_TARGET_H

#include "event.h"
#include "host/cgroup.h"
#include "record/record.h"
#include "target/request.h"
#include "target/resolve.h"

/* Why a target couldn't be found. commands/diagnose_target.c puts it into words. */
enum target_failure {
	TARGET_FOUND = 0,
	TARGET_MANY_ON_V1,    /* several targets, and the memory controller is on cgroup v1 */
	TARGET_NO_HIERARCHY,  /* the memory controller is on no cgroup hierarchy that is mounted */
	TARGET_NO_SEARCH,     /* the search for the container failed; see `error` */
	TARGET_NOT_RESOLVED,  /* no container, several, or one that doesn't run: see `resolved` */
	TARGET_NO_CGROUP,     /* see `error`, which is one of cgroup__validate_path() */
	TARGET_NO_PROCESS,    /* no process has this pid */
	TARGET_PID_NO_CGROUP, /* the process's cgroup can't be found; see `error` */
	TARGET_NOT_OPENED,    /* the cgroup was found, but can't be opened; see `error` and `cgroup` */
};

/* Why a target's memory.max may not be changed. */
enum target_obstacle {
	TARGET_CHANGEABLE = 0,
	TARGET_ON_V1,	     /* the memory controller is on cgroup v1 */
	TARGET_IS_ROOT,	     /* the root cgroup has no limit */
	TARGET_HAS_OOMTRACE, /* oomtrace runs in it, and would be killed by the limit */
};

struct target {
	const char
		*kind; /* as in the session record: "machine", "all", "container", "cgroup", "pid", "many" */
	const char *name; /* as the user gave it; NULL for the machine */
	bool all;	  /* it is the machine, and each cgroup's usage is followed */
	bool many;    /* several: usage is followed as with `all`, of those that are chosen (target/many.h) */
	bool awaited; /* it isn't there yet, and is waited for: nothing else is known of it */
	char name_buf[32];
	char cgroup[PATH_MAX];		     /* below the hierarchy's mount; "" for the machine */
	uint64_t cgroup_id;		     /* 0 for the machine */
	uint64_t ancestors[EVENT_DEPTH_MAX]; /* ids of the cgroups above it, nearest first; then 0 */
	uint32_t init_pid;		     /* of a container's init; 0: unknown */
	struct record_container container;   /* its name points into `resolved` */
	struct resolve_result resolved;	     /* for containers */
	int error;			     /* negative errno, with some of enum target_failure */
	int dir_fd;			     /* the cgroup's folder, or -1 */
	int events_fd; /* polls EPOLLPRI when the cgroup gets or loses its processes, or -1 */
};

/*
 * Finds the target that the user named. hierarchy_error is what looking for `h` returned. Returns 0
 * (TARGET_FOUND) or why there is no such target; *out then has what is known of it. Call target__close() in
 * either case.
 */
enum target_failure target__find(const struct target_request *request, const struct cgroup__hierarchy *h,
				 int hierarchy_error, struct target *out);

/* Whether the target's limit may be changed, or why not. */
enum target_obstacle target__obstacle(const struct target *target, const struct cgroup__hierarchy *h);

/* Whether the last process of the target has ended. Never true for the machine. */
bool target__is_gone(const struct target *target);

/*
 * Whether the target's cgroup has been removed. It may be made again; an empty one isn't gone for that. Never true
 * for the machine.
 */
bool target__is_removed(const struct target *target);

/*
 * The target has been made again: opens the cgroup that is at `path` now in place of the removed one. Its init isn't
 * known. Returns 0 or a negative errno, with *target unchanged.
 */
int target__reopen(struct target *target, const struct cgroup__hierarchy *h, const char *path);

void target__close(struct target *target);

#endif
