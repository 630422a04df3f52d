/* SPDX-License-Identifier: GPL-2.0-only */
/* What the memory of a cgroup is, of its memory.stat. */
#ifndef OOMTRACE_CGROUP_MEMORY_H
#define OOMTRACE_CGROUP_MEMORY_H

#include <stdint.h>

/* Passed between processes. What the kernel says a little late, it says so here, too. */
struct cgroup_memory {
	uint64_t anon_bytes;
	uint64_t file_bytes; /* page cache; tmpfs and shared memory are in it */
	uint64_t shmem_bytes;
	uint64_t mapped_bytes; /* of files, by some process */
	uint64_t dirty_bytes, writeback_bytes;
};

/* `dir_fd` is of the cgroup's folder, in a hierarchy of this version. Returns 0 or a negative errno. */
int cgroup_memory__read(int dir_fd, int version, struct cgroup_memory *out);

#endif
