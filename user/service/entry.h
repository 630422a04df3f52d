/* SPDX-License-Identifier: GPL-2.0-only */
/* What a list says of a recording: when, where, who and why, without the rest of it. */
#ifndef OOMTRACE_ENTRY_H
#define OOMTRACE_ENTRY_H

#include "record/record.h"
#include "service/store_folder.h"

#define ENTRY_NAME_SIZE 256
/*
 * What is read of a recording at least: all of what the store writes. Another may have gigabytes, but then they are on the
 * disk, packed to a thirtieth at most: what has a hundred times as many was made to keep us busy.
 */
#define ENTRY_BYTES_MAX STORE_FOLDER_INCIDENT_BYTES_MAX
#define ENTRY_PACKED_MAX 100

struct entry {
	int64_t wall_ns; /* of the first OOM; else of the session's beginning */
	int64_t order_ns; /* the same, or the place that the store gave it: what happened last has the highest */
	char host[ENTRY_NAME_SIZE];
	char container[ENTRY_NAME_SIZE]; /* of the first OOM: its name, or id; "": none */
	char runtime[32];
	char *cgroup; /* of the limit; NULL: the machine, or unknown */
	char *whose; /* the cgroup of the container or unit: of the limit, or else of the victim; NULL: unknown */
	const char *cause; /* as in the schema; NULL: there was no OOM. Static text. */
	uint64_t ooms, kills, lost;
	char *verdict; /* its first sentence, with the marks of wrap.h; NULL: there is none */
	uint64_t more; /* sentences on other containers or cgroups */
	bool matches;  /* some OOM is of the container or cgroup that was asked for */
	bool cut;      /* the recording has no end */
};

/*
 * Reads a recording. `who` is the name, id's beginning or path of a container, unit or cgroup to look for, or a pattern as
 * the shell has it; NULL matches everything. Free the entry with entry__free() in any case. Returns 0 or a negative errno;
 * -ENODATA: it is no recording, -EOVERFLOW: it has more than ENTRY_BYTES_MAX, and more than ENTRY_PACKED_MAX times what
 * it takes on the disk.
 */
int entry__read(int fd, const char *who, struct entry *entry);

void entry__free(struct entry *entry);

#endif
