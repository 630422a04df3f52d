/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of /proc/PID/mountinfo. Pure. */
#ifndef OOMTRACE_MOUNTINFO_H
#define OOMTRACE_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct mountinfo {
	struct span device;	 /* "0:25": of its file system */
	struct span root, point; /* escaped, see mountinfo__path() */
	struct span type, super_options;
};

/* Whether it is such a line; the spans are parts of it. */
bool mountinfo__parse(struct span line, struct mountinfo *out);

/* Unescapes a path. Returns whether it is one, from "/" on, that fits. */
bool mountinfo__path(struct span escaped, char *path, size_t size);

/*
 * Whether a file system is one that the machine's first process, whose mountinfo this is, has mounted for anybody's use:
 * at this very place, or at one that isn't made for a container or a pod. A part of it may be mounted into a container
 * anywhere. A container's own file systems are in the machine's tree, too, as a rule.
 */
bool mountinfo__is_machines(struct span machine, const struct mountinfo *mount);

#endif
