/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the cgroup hierarchy with the memory controller, and paths of cgroups in it, in texts of /proc. Pure. A
 * path is "/a/b", relative to the top of the hierarchy as it is mounted here. Only the top itself, "/", ends
 * with a slash.
 */
#ifndef OOMTRACE_CGROUP_PATH_H
#define OOMTRACE_CGROUP_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct cgroup__hierarchy {
	int version;	      /* of the hierarchy with the memory controller: 1 or 2 */
	char mount[PATH_MAX]; /* where it is mounted */
	char root[PATH_MAX];  /* the cgroup at the top of the mount: "/" unless in a container */
	bool unified;	      /* is there a v2 hierarchy at all (version 1 with it: hybrid) */
	char unified_mount[PATH_MAX];
};

/*
 * Find the hierarchy in the text of /proc/self/mountinfo and /proc/cgroups (may be "" or
 * NULL). Returns 0, -ENOENT (no cgroup file system is mounted), -ENODEV (none has memory).
 */
int cgroup_path__parse_mounts(const char *mountinfo, const char *proc_cgroups, struct cgroup__hierarchy *out);

/*
 * The path of a process in the hierarchy of that version from the text of /proc/PID/cgroup.
 * It is relative to the reader's cgroup namespace, not yet to the mount: see
 * cgroup_path__from_proc_path().
 * Returns 0, -ENOENT (no such line), -ENAMETOOLONG.
 */
int cgroup_path__parse_proc_cgroup(const char *text, int version, char *path, size_t size);

/*
 * Turn a path of /proc/PID/cgroup into one below the mount. Returns 0, -EXDEV (outside of
 * what is mounted here or of our cgroup namespace), -EINVAL, -ENAMETOOLONG.
 */
int cgroup_path__from_proc_path(const struct cgroup__hierarchy *h, const char *proc_path, char *path,
				size_t size);

/*
 * Bring "a//b/./c/" into the form "/a/b/c". Returns 0, -EINVAL (empty, or a ".." component),
 * -ENAMETOOLONG.
 */
int cgroup_path__normalise(const char *text, char *path, size_t size);

/* What is left of path below prefix ("" for prefix itself), or NULL. */
const char *cgroup_path__below(const char *path, const char *prefix);

#endif
