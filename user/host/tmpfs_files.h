/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The largest files in the tmpfs mounts that a cgroup's processes see. A process without rights reads that: names on the way
 * to a mount are somebody else's, and may be of a file system that hangs.
 */
#ifndef OOMTRACE_TMPFS_FILES_H
#define OOMTRACE_TMPFS_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/cgroup_path.h"

#define TMPFS_FILES__LARGEST 5
#define TMPFS_FILES__PATH 256
#define TMPFS_FILES__TIME_NS (100 * 1000 * 1000ULL) /* of a reading for which somebody waits */

struct tmpfs_file {
	uint64_t bytes; /* in memory and swap */
	uint32_t
		machine; /* its file system is the machine's, too, wherever that is mounted: others fill it */
	uint32_t pad;
	char path[TMPFS_FILES__PATH]; /* as the process sees it; the end of one that is longer */
};

/* Passed between processes. */
struct tmpfs_files {
	uint64_t read_ns;      /* CLOCK_BOOTTIME, when all were */
	uint64_t count, bytes; /* of all files that have memory */
	uint32_t incomplete;   /* there may be more: time or room was over, or a folder can't be read */
	uint32_t largest_count;
	struct tmpfs_file largest[TMPFS_FILES__LARGEST]; /* the largest first */
};

/*
 * Called in a process of its own, because it may hang. Opens no file, follows no link, and leaves no mount; it takes time_ns
 * at most where nothing hangs. `pid` is of a process that is perhaps not on the cgroup's list any more, a victim; 0: none.
 */
void tmpfs_files__read(const struct cgroup__hierarchy *h, const char *cgroup, uint32_t pid, uint64_t time_ns,
		       struct tmpfs_files *out);

struct tmpfs_reader;

/*
 * Starts the process that reads. It has no rights but to see other processes' folders, and dies with its parent. Returns 0
 * or a negative errno. The hierarchy is copied.
 */
int tmpfs_reader__start(const struct cgroup__hierarchy *h, struct tmpfs_reader **out);

/*
 * Waits for an answer for at most 0.3 s. `whose` is the cgroup's owner: there is one reading at a time for each of them,
 * which may hang. Returns 0, or a negative errno: nothing is known; -EBUSY: an earlier one isn't over, or too many aren't.
 */
int tmpfs_reader__ask(struct tmpfs_reader *reader, const char *cgroup, const char *whose, uint32_t pid,
		      struct tmpfs_files *out);

/* Ends the process. Takes NULL. */
void tmpfs_reader__stop(struct tmpfs_reader *reader);

#endif
