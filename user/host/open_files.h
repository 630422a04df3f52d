/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that processes have open of which most is in the page cache. The kernel's own list of descriptors is read
 * (bpf/files.bpf.c): no file is opened, and no reference taken, so that nothing changes for who has it open.
 */
#ifndef OOMTRACE_OPEN_FILES_H
#define OOMTRACE_OPEN_FILES_H

#include <stddef.h>
#include <stdint.h>

#define OPEN_FILES__LARGEST 5
#define OPEN_FILES__PATH 256

struct open_files__file {
	uint64_t cached_bytes; /* whoever was charged for it */
	uint32_t pid, pad;     /* of one process that has it open */
	char comm[16];
	char path[OPEN_FILES__PATH]; /* as that process sees it; the end of one that is longer */
};

/* Passed between processes. */
struct open_files {
	uint32_t known; /* else they weren't read */
	uint32_t count;
	struct open_files__file files[OPEN_FILES__LARGEST]; /* the largest first */
};

struct open_files__process {
	uint32_t pid;
	int fd; /* of its folder in /proc */
	const char *comm;
};

/*
 * Reads them with two iterators over tasks, each of which can be read once, and the map that their program writes to. One
 * that was closed meanwhile, and whose descriptor is another file now, is left out: the second iterator says so. Files in
 * tmpfs and hugetlbfs are left out, too. Of the processes, EVENT_FILES_PIDS at most are looked at. *out says nothing where
 * that can't be done: in a pid namespace of our own, whose pids aren't the kernel's, say.
 */
void open_files__read(const int iterators[2], int map_fd, const struct open_files__process *processes,
		      size_t count, struct open_files *out);

#endif
