/* SPDX-License-Identifier: GPL-2.0-only */
/* A target whose cgroup has been removed: notices that a cgroup of that name is there again. */
#ifndef OOMTRACE_RETURNING_H
#define OOMTRACE_RETURNING_H

#include "containers/asker.h"
#include "target/pod_search.h"
#include "target/target.h"

struct returning {
	struct target *target;
	const struct cgroup__hierarchy *hierarchy;
	struct asker *asker;	 /* NULL: the path is all that is looked for */
	int watch_fd;		 /* polls readable when something is made beside the target, or -1 */
	int watch;		 /* of the folder that is watched; -1: none */
	int question;		 /* to the runtime, that is on its way; 0: none is */
	uint64_t ask_again_ns;	 /* CLOCK_BOOTTIME */
	bool late;		 /* the news that it was made is yet to come, though it was seen */
	uint64_t made;		 /* cgroups of its name since it was removed */
	uint64_t missed;	 /* runs that were over before they were seen, in all */
	unsigned int init_tries; /* to find the init of the container that is back */
	struct pod_search pod;	 /* with a container of a pod */
};

/* Begins to watch the folder that the target's cgroup is in. Where that fails, it is looked for now and then only. */
void returning__begin(struct returning *returning);

/* To be called when watch_fd is readable. */
void returning__drain(struct returning *returning);

/*
 * To be called once target__is_removed(), some times a second: looks for the target's path, and for a container of its
 * name, which may have another id: asks the runtime, or looks at the pod's other containers. Returns whether it is there,
 * and then path (of PATH_MAX bytes) is where; *target is as before, until returning__take().
 */
bool returning__is_back(struct returning *returning, uint64_t now_ns, struct resolve_result *resolved,
			char *path);

/* Makes the cgroup the target. Returns 0 or a negative errno: it has gone again. */
int returning__take(struct returning *returning, const struct resolve_result *resolved, const char *path);

/* Whether it can't come back: it was a container of a pod that is gone, too. */
bool returning__is_in_vain(const struct returning *returning);

/* To be called some times a second: looks for the init of a container that is back. Returns whether it is known now. */
bool returning__find_init(struct returning *returning);

void returning__end(struct returning *returning);

#endif
