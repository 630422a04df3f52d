/* SPDX-License-Identifier: GPL-2.0-only */
/* A snapshot of memory, as a process without rights has read it, as a record. */
#ifndef OOMTRACE_SNAPSHOT_RECORD_H
#define OOMTRACE_SNAPSHOT_RECORD_H

#include "host/snapshot.h"
#include "record/record.h"

/* What the record points to. */
struct snapshot_record {
	struct snapshot from;
	struct record_snapshot_process processes[SNAPSHOT__PROCESSES];
	struct record_snapshot_part parts[SNAPSHOT__PROCESSES][SNAPSHOT__PARTS];
	struct record_snapshot_mapping largest[SNAPSHOT__PROCESSES][SMAPS__LARGEST];
	struct record_tmpfs tmpfs;
	struct record_tmpfs_file files[TMPFS_FILES__LARGEST];
	struct record_snapshot_file open[OPEN_FILES__LARGEST];
};

/*
 * Takes over what was read from the file: processes, their number, the cgroup's memory, files in tmpfs and open files,
 * how long it took and, in *began_ns, since when. The rest of *out stays as it is. It is valid as long as *room. Returns 0
 * or a negative errno.
 */
int snapshot_record__read(int fd, struct snapshot_record *room, struct record_snapshot *out,
			  uint64_t *began_ns);

#endif
