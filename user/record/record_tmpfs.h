/* SPDX-License-Identifier: GPL-2.0-only */
/* Files in the tmpfs mounts that the processes of a cgroup see. The lifetimes are those of record.h. */
#ifndef OOMTRACE_RECORD_TMPFS_H
#define OOMTRACE_RECORD_TMPFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_tmpfs_file {
	const char *path; /* as such a process sees it; the end of one that is longer */
	uint64_t bytes;	  /* in memory and swap, whoever was charged for it */
	bool machine;	  /* in a mount of the machine, which others fill, too */
};

struct record_tmpfs {
	uint64_t read_after_ns;			 /* after the victim had been chosen, or the snapshot began */
	uint64_t count, bytes;			 /* of all that were seen */
	bool incomplete;			 /* there may be more */
	const struct record_tmpfs_file *largest; /* the largest first */
	size_t largest_count;
};

#endif
