/* SPDX-License-Identifier: GPL-2.0-only */
/* Which container a cgroup path belongs to, from the path alone. Pure. */
#ifndef OOMTRACE_CONTAINER_H
#define OOMTRACE_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 64 hex digits, or the name of an LXC or nspawn machine, or BuildKit's 25 characters. */
#define CONTAINER__ID_MAX 64
#define CONTAINER__ID_SIZE (CONTAINER__ID_MAX + 1)
#define CONTAINER__POD_UID_SIZE 37

enum container_runtime {
	CONTAINER__UNKNOWN = 0,
	CONTAINER__DOCKER,
	CONTAINER__PODMAN,
	CONTAINER__CONTAINERD, /* Kubernetes over CRI, nerdctl, ctr */
	CONTAINER__CRIO,
	CONTAINER__OCI, /* an OCI container's id, in a layout of no runtime we know */
	CONTAINER__POD, /* a Kubernetes pod's cgroup, not (yet) one of its containers' */
	CONTAINER__NSPAWN,
	CONTAINER__LXC, /* LXD and Incus, whose layout is the same, too */
	CONTAINER__BUILDKIT,
};

struct container_ref {
	enum container_runtime runtime;
	char id[CONTAINER__ID_SIZE];	       /* full id or machine name; "" for a pod */
	char pod_uid[CONTAINER__POD_UID_SIZE]; /* with dashes; "" when not in a pod */
	uint32_t user;			       /* in whose session, or user manager, it is; 0: in none */
	size_t prefix_len; /* of the path's beginning that is the container's own cgroup */
	bool nested;	   /* its cgroup is in that of another container, which has named it */
};

/* The container a cgroup belongs to; `ref.runtime` is CONTAINER__UNKNOWN when it belongs to none. */
struct record_container {
	struct container_ref ref;
	const char *name; /* what its runtime calls it */
};

/*
 * Finds the innermost container that a cgroup path is, or is in. In a kind or Docker-in-Docker tree the inner
 * one wins. A container with a delegated subtree can name a child as it likes, also as another container of the machine: such
 * a one is nested.
 * Returns 0, -ENOENT (not in a container; systemd units are none) or -EINVAL (not a path).
 */
int container__from_cgroup_path(const char *path, struct container_ref *out);

/* The same for the outermost container on the path; for a pod, as far as that is in no container. */
int container__outermost(const char *path, struct container_ref *out);

/* The same for the outermost container on the path that has this id. -ENOENT: there is none. */
int container__find_id(const char *path, const char *id, struct container_ref *out);

/* In whose slice below /user.slice it is, as `user` of a container; 0: in none, or root's. */
uint32_t container__user(const char *path);

/* How many characters of the id are shown: of hex digits the first 12, as runtimes do; of a name all. */
size_t container__shown_id(const struct container_ref *ref);

/* "docker", "podman", "containerd", "cri-o", "oci", "kubernetes-pod", ... Static text. */
const char *container__runtime_name(enum container_runtime runtime);

/* Whether a cgroup that is no container's is that of a service of systemd. */
bool container__is_service(const struct container_ref *ref, const char *path);

#endif
