/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the memory of a cgroup's processes is, as a process without rights reads it: snapshot_process.c. It is written into
 * memory that is shared, piece by piece, because who reads it may hang, and what was read until then is worth having.
 */
#ifndef OOMTRACE_SNAPSHOT_H
#define OOMTRACE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/cgroup_memory.h"
#include "host/cgroup_path.h"
#include "host/open_files.h"
#include "host/smaps.h"
#include "host/tmpfs_files.h"

#define SNAPSHOT__PROCESSES 16 /* the largest; of the first ones all mappings are read */
#define SNAPSHOT__DETAILED 5
#define SNAPSHOT__PARTS 16

enum snapshot_state {
	SNAPSHOT_TOTALS = 1, /* all mappings are in the total */
	SNAPSHOT_PARTS = 2,  /* and in the parts */
};

struct snapshot_one {
	uint32_t pid, threads;
	uint32_t state; /* of enum snapshot_state, as bits */
	uint32_t part_count, largest_count, pad;
	char comm[16];
	uint64_t stat_rss_bytes; /* of /proc/PID/stat, which the kernel counts in another way */
	struct smaps_sum total;	 /* of what was read */
	struct smaps_sum rest;	 /* of parts that aren't among these */
	struct smaps_part parts[SNAPSHOT__PARTS];
	struct smaps_mapping largest[SMAPS__LARGEST];
};

struct snapshot {
	uint64_t began_ns, ended_ns; /* CLOCK_BOOTTIME; 0: not yet */
	uint32_t seen;		     /* processes of the cgroup, and those below it */
	uint32_t uncounted;	     /* there may be more than that */
	uint32_t count;
	uint32_t frozen; /* the cgroup stood still, before the first of these was read and after each */
	uint32_t has_memory, pad;
	struct cgroup_memory memory; /* of the cgroup */
	struct snapshot_one processes[SNAPSHOT__PROCESSES];
	struct open_files files;
	struct tmpfs_files tmpfs; /* read_ns is 0 where they weren't read to their end */
};

struct snapshot_wanted {
	const struct cgroup__hierarchy *hierarchy;
	const char *cgroup;
	bool freezing;		     /* it is about to stand still: some moments may be waited for that */
	int fd;			     /* of a file as large as a struct snapshot */
	pid_t parent;		     /* who forks */
	int iterators[2], files_map; /* for open_files__read(); -1: open files aren't read */
};

/*
 * Called in a process of its own, which gives up its rights but for that to see other processes' mappings and folders. Reads
 * the largest processes of the cgroup, their open files that have most in the page cache, and then the largest files of the
 * tmpfs mounts that its processes see. Never touches a page of theirs, but takes the locks of their memory, and so may hang.
 * Does not return.
 */
_Noreturn void snapshot_process__run(const struct snapshot_wanted *wanted);

/* Takes over what was written, and checks it: nothing in it is trusted. Returns 0 or a negative errno. */
int snapshot__read(int fd, struct snapshot *out);

#endif
