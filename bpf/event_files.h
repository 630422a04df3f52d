/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two sides tell each other of open files. A part of event.h, by whose rules it is. */
#ifndef OOMTRACE_EVENT_FILES_H
#define OOMTRACE_EVENT_FILES_H

#define EVENT_FILES_PIDS 16
#define EVENT_FILES_FDS 256 /* of a process, the first ones */
#define EVENT_FILES_MAX 1024

/* A regular file that a process has open, and that has pages in the page cache. */
struct open_file {
	__u32 pid, fd;
	__u64 inode;
	__u32 device; /* of its file system, as the kernel has it */
	__u32 pad;
	__u64 magic; /* of its file system, include/uapi/linux/magic.h */
	__u64 pages;
};

/* The only value of the map `open_files`. Who reads the iterator sets `pids` and `count` before; 0 ends the pids. */
struct open_files_map {
	__u32 pids[EVENT_FILES_PIDS];
	__u32 count; /* may be more than there is room for */
	__u32 pad;
	struct open_file files[EVENT_FILES_MAX];
};

EVENT_ASSERT(sizeof(struct open_file) == 40);
EVENT_ASSERT(sizeof(struct open_files_map) == 72 + EVENT_FILES_MAX * 40);

#endif
