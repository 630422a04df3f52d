/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the cgroup hierarchy that has the memory controller, v1 or v2. */
#ifndef OOMTRACE_CGROUP_H
#define OOMTRACE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/cgroup_path.h"

/* Deeper cgroups are not walked into. */
#define CGROUP__MAX_DEPTH 128

/*
 * Finds the hierarchy of this machine. Errors as those of cgroup_path__parse_mounts(), or of reading
 * /proc.
 */
int cgroup__discover(struct cgroup__hierarchy *out);

/*
 * The cgroup of a process, as a path below the mount. Returns 0, -ESRCH (no such process), -ENODEV
 * (its cgroup has been removed), -EXDEV (outside), or an error of reading.
 */
int cgroup__of_pid(const struct cgroup__hierarchy *h, pid_t pid, char *path, size_t size);

/*
 * Whether a process, by a descriptor of its folder in /proc, is in this cgroup or below it. The pid by which the folder was
 * opened may have been another one's when the cgroup's list was read.
 */
bool cgroup__has_process(const struct cgroup__hierarchy *h, const char *cgroup, int process_fd);

/*
 * What a user named as a cgroup: an absolute path below the mount (/sys/fs/cgroup/system.slice/x)
 * or one relative to its top ("/system.slice/x", "system.slice/x"). Returns 0, -EINVAL (empty or
 * ".."), -ENAMETOOLONG, -EXDEV (exists, but outside of the hierarchy), -ENOENT, -ENOTDIR,
 * -EMEDIUMTYPE (not on a cgroup file system), or -EACCES.
 */
int cgroup__validate_path(const struct cgroup__hierarchy *h, const char *text, char *path, size_t size);

/* What the errors of cgroup__validate_path mean, for a message. Static text. */
const char *cgroup__path_error(int err);

/*
 * Open a cgroup's directory. Everything read through the descriptor is of this very cgroup even if
 * another one takes its name. Returns a descriptor that the caller closes, or a negative errno.
 */
int cgroup__open(const struct cgroup__hierarchy *h, const char *path);

/*
 * The 64-bit id of a cgroup, which is its kernfs node's (kernfs_encode_fh, fs/kernfs/mount.c), and
 * the same that bpf_get_current_cgroup_id() and the cgroup tracepoints give. Returns 0 or an errno.
 */
int cgroup__id(int dir_fd, uint64_t *id);

/*
 * Read one number, "max" as UINT64_MAX. Returns 0, -ENOENT (no such file: the root cgroup has few,
 * and a removed cgroup none), -ENODEV (removed while reading), -EBADMSG (not a number).
 */
int cgroup__read_u64(int dir_fd, const char *file, uint64_t *value);

/* Read one key of a flat keyed file (memory.events). Errors as above; -ENODATA: no such key. */
int cgroup__read_key(int dir_fd, const char *file, const char *key, uint64_t *value);

/* Read a small file whole, NUL-terminated. Returns the length or an errno (-EFBIG: doesn't fit). */
ssize_t cgroup__read_text(int dir_fd, const char *file, char *buf, size_t size);

struct cgroup__node {
	const char *path;
	uint64_t id;
	int dir_fd;	    /* open during the call only */
	unsigned int depth; /* 0: where the walk began */
};

/* Return 0 to go on; anything else ends the walk and is its result. */
typedef int (*cgroup__walk_fn)(const struct cgroup__node *node, void *ctx);

/*
 * Call fn for a cgroup and everything below it, parents first. Cgroups that vanish meanwhile are
 * passed over; if the first one isn't there, -ENOENT. Returns 0, fn's result, or an errno.
 */
int cgroup__walk(const struct cgroup__hierarchy *h, const char *path, cgroup__walk_fn fn, void *ctx);

/*
 * Open cgroup.events. The descriptor gives EPOLLPRI each time it changes; the caller closes it.
 * Returns it or an errno; -ENOENT on version 1 and for the root, which don't have the file.
 */
int cgroup__populated_fd(int dir_fd);

/* 1: has processes in it or below; 0: has none; -ENODEV: removed; -EBADMSG. */
int cgroup__is_populated(int events_fd);

#endif
