/* SPDX-License-Identifier: GPL-2.0-only */
/* A cgroup's memory.max or memory.high, open for reading and writing: it stays with the cgroup whatever its name. */
#ifndef OOMTRACE_LIMIT_FILE_H
#define OOMTRACE_LIMIT_FILE_H

#include <stdint.h>

/* The limit as the kernel keeps it: it rounds down to whole pages, and takes very large ones for "max". */
uint64_t limit_file__rounded(uint64_t bytes);

/* Read and write the limit; UINT64_MAX is "max". Return 0 or a negative errno. */
int limit_file__read(int fd, uint64_t *bytes);
int limit_file__write(int fd, uint64_t bytes);

#endif
