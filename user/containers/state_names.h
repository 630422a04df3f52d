/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of containers by what their runtimes keep on disk: Docker's and Podman's own names, also those of a user's own
 * runtime, and NAMESPACE/POD/CONTAINER of Kubernetes. A user's files are the user's to choose: they are believed on
 * that user's containers only.
 */
#ifndef OOMTRACE_STATE_NAMES_H
#define OOMTRACE_STATE_NAMES_H

#include <stddef.h>
#include <sys/types.h>

#include "containers/container.h"

#define STATE_NAMES__SIZE 256

struct state_names;

/*
 * Opens the folders of those users who have a session now, as root could later not; `root` is "" on a machine, a folder
 * in tests. NULL without memory.
 */
struct state_names *state_names__open(const char *root);

/* Takes NULL. */
void state_names__close(struct state_names *names);

/*
 * From here on this process can open only the files in which names are, and of capabilities keeps the one that it needs
 * for the users' files, if there are any. Without Landlock it keeps none, and users' containers have no names. Returns 0
 * or a negative errno.
 */
int state_names__confine(const struct state_names *names);

/* Finds a container's name. Returns 0, or -ENOENT; it isn't escaped. */
int state_names__of(const struct state_names *names, const struct container_ref *ref, char *name,
		    size_t size);

struct state_id {
	char id[CONTAINER__ID_SIZE];
	uid_t user; /* whose runtime says so: the container must be in a session of theirs; 0: root's */
};

/*
 * Finds the ids of the containers with this name, also those that don't run: root's first. "NAMESPACE/POD" is every
 * container of the pod. Returns how many.
 */
size_t state_names__ids(const struct state_names *names, const char *name, struct state_id *ids, size_t max);

#endif
