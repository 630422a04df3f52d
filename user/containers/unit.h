/* SPDX-License-Identifier: GPL-2.0-only */
/* Which unit of systemd a cgroup belongs to, from the path alone. Pure. */
#ifndef OOMTRACE_UNIT_H
#define OOMTRACE_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define UNIT_LABEL_SIZE 512

struct unit {
	struct span name; /* "web.service", "job.scope"; of a cgroup that is a slice itself, the slice */
	struct span
		system; /* the unit of the machine's manager: the same, or of a user's unit "user@1000.service" */
	uint32_t user; /* whose manager has the unit, with of_user */
	bool of_user;
	size_t prefix_len; /* of the path's beginning that is the unit's own cgroup */
};

/*
 * A unit's cgroup is the first one below the slices, and a user's below that of the user's manager (systemd's
 * cg_path_get_unit() and cg_path_get_user_unit()). Cgroups below that can have any name, since the unit's own processes
 * give it: "sshd.service" below "web.service" is web's. So can those of a user's manager: `user` says whose they are.
 * The spans are of the path. Returns false when there is none.
 */
bool unit__of(const char *path, struct unit *out);

/*
 * What people call the cgroup: "web.service", "web.service:/below", "web.service of uid 1000". Not safe for output yet.
 * Returns false when it is in no unit.
 */
bool unit__label(char *dst, size_t size, const char *path);

/* Whether somebody who asks for `who` means this unit: "web.service", "web" or 'web-*'. */
bool unit__matches(const struct unit *unit, const char *who);

#endif
