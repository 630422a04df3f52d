/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the cgroup of the container that the user named. */
#ifndef OOMTRACE_RESOLVE_H
#define OOMTRACE_RESOLVE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "containers/container.h"
#include "containers/docker_api.h"
#include "host/cgroup.h"

#define RESOLVE__MAX_CANDIDATES 16

enum resolve_outcome {
	RESOLVE__NOT_FOUND = 0, /* no API that answered knows it, nor does the cgroup tree */
	RESOLVE__RESOLVED,
	RESOLVE__AMBIGUOUS,   /* see candidates */
	RESOLVE__NOT_RUNNING, /* see container: status, exit code, OOMKilled */
	RESOLVE__NO_CGROUP,   /* it runs, but where can't be seen from here; see cgroup_error */
};

enum resolve_source {
	RESOLVE__FROM_NOWHERE = 0,
	RESOLVE__FROM_API,
	RESOLVE__FROM_TREE,  /* the names of the cgroups alone */
	RESOLVE__FROM_STATE, /* what a runtime keeps on disk */
};

struct resolve_candidate {
	enum container_runtime runtime;
	char id[CONTAINER__ID_SIZE];
	char name[DOCKER_API__NAME_SIZE]; /* "" when unknown; not escaped */
	char cgroup[512];		  /* where the tree was searched; cut to fit; not escaped */
};

struct resolve_asked {
	char socket[DOCKER_API__SOCKET_SIZE];
	int result; /* 0 or an error of docker_api__inspect(), for docker_api__error() */
};

struct resolve_result {
	enum resolve_outcome outcome;
	enum resolve_source source;

	/* RESOLVED, NOT_RUNNING and NO_CGROUP */
	enum container_runtime runtime;
	char id[CONTAINER__ID_SIZE];	      /* full; an nspawn or LXC machine's name, a pod's uid */
	char name[DOCKER_API__NAME_SIZE];     /* "" when no API told; not escaped */
	char socket[DOCKER_API__SOCKET_SIZE]; /* of the API that knew it, or "" */
	struct runtime_container container;   /* what that API said; zeroed when source is the tree */

	/* RESOLVED */
	char cgroup[PATH_MAX]; /* "/a/b", below the top of the hierarchy's mount */
	uint64_t cgroup_id;
	pid_t init_pid;		   /* 0: not known */
	bool cgroup_is_whole_path; /* layout not recognised: its init's own cgroup */
	bool of_pod; /* by its name in a pod: when it ends, the kubelet makes another of that name there */

	/* NO_CGROUP: the errno of looking at the init process's cgroup; -ESTALE: it isn't this
	 * container's process (another pid namespace, or the pid was reused) */
	int cgroup_error;

	/* AMBIGUOUS */
	struct resolve_candidate candidates[RESOLVE__MAX_CANDIDATES];
	size_t candidate_count; /* of those in the array */
	bool more_candidates;

	/* Always */
	struct resolve_asked asked[DOCKER_API__MAX_SOCKETS];
	size_t asked_count;
};

/*
 * Find a running container by name, full id or unique prefix of its id. Every API that listens is asked. Where none
 * knows it, the state that ctr, runc and crun keep on disk is looked at, and the cgroup tree is searched (OCI ids and
 * their prefixes, names of nspawn and LXC machines, uids of pods), and then the names in files of Podman and the kubelet
 * (NAMESPACE/POD, NAMESPACE/POD/CONTAINER). Root's containers go before those in users' sessions, an exact match before a
 * prefix, a running container before one that isn't. Blocks
 * for up to twice UNIX_HTTP__TIMEOUT_MS per socket that doesn't answer.
 * Returns 0 with out->outcome set; an errno only when the search itself failed (-EINVAL: empty).
 */
int resolve__container(const struct cgroup__hierarchy *h, const char *name, struct resolve_result *out);

/*
 * The same for a container that the runtime with this socket has said to run; out->asked stays empty. Nothing is
 * asked, so it doesn't block.
 */
int resolve__answered(const struct cgroup__hierarchy *h, const struct runtime_container *container,
		      const char *socket, struct resolve_result *out);

/* The init of a container: of its processes the first of a pid namespace. 0: not there, or not yet. */
pid_t resolve__init(const struct cgroup__hierarchy *h, const char *cgroup);

/*
 * The main process of a service: the one process of its cgroup, and of those below, whose parent isn't in them. 0: there
 * are several, or none.
 */
pid_t resolve__main(const struct cgroup__hierarchy *h, const char *cgroup);

#endif
