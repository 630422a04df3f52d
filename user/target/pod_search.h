/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A container of a pod that has ended: finds the one that the kubelet makes in its place. It has the same name, another
 * id, and its cgroup is in the same pod.
 */
#ifndef OOMTRACE_POD_SEARCH_H
#define OOMTRACE_POD_SEARCH_H

#include "containers/asker.h"
#include "target/target.h"

/* Of a pod's other containers so many are remembered. */
#define POD_SEARCH_MAX 32

struct pod_search {
	struct container_ref asked; /* whose name is asked for */
	char path[PATH_MAX];	    /* its cgroup */
	int question;		    /* that is on its way; 0: none is */
	bool news;		    /* something was made in the pod's cgroup */
	uint64_t again_ns;	    /* when all are looked at again, news or not; CLOCK_BOOTTIME */
	struct pod_other {
		char id[CONTAINER__ID_SIZE];
		uint64_t again_ns; /* not to be asked for before; UINT64_MAX: its name is another */
	} others[POD_SEARCH_MAX];  /* overwritten in turn */
	size_t used, next;
};

/*
 * To be called some times a second; doesn't wait for answers. Returns whether a container of the target's name is there,
 * and then *resolved says where.
 */
bool pod_search__find(struct pod_search *search, const struct cgroup__hierarchy *h, struct asker *asker,
		      const struct target *target, uint64_t now_ns, struct resolve_result *resolved);

/* Whether the cgroup of the target's pod is gone. False where the target is in none. */
bool pod_search__pod_is_gone(const struct cgroup__hierarchy *h, const struct target *target);

#endif
