/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers by the state that their runtime keeps on disk: those of ctr, runc and crun, whose ids are any name, which
 * no cgroup's path gives away, and which no API that we speak knows.
 */
#ifndef OOMTRACE_STATE_FILES_H
#define OOMTRACE_STATE_FILES_H

#include <sys/types.h>

#include "containers/container.h"

struct state_file {
	enum container_runtime runtime;
	char id[CONTAINER__ID_SIZE];
	pid_t pid; /* of its init, in the pid namespace of the runtime */
};

/*
 * Finds a container by its whole id, below `root` ("" on a machine, a folder in tests). Returns 0, -ENOENT (no runtime
 * has such a container, or it isn't for this user to see), or -EINVAL (not an id).
 */
int state_files__find(const char *root, const char *id, struct state_file *out);

#endif
