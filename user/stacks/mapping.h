/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads /proc/PID/maps: where a process has its program and libraries in memory. */
#ifndef OOMTRACE_MAPPING_H
#define OOMTRACE_MAPPING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define MAPPING_PATH_SIZE 256
#define MAPPINGS_MAX 256 /* executable ones that are kept of one process */

struct mapping {
	uint64_t start, end;
	uint64_t file_offset;
	bool is_file;
	/* As the process sees it, or "[vdso]", "[anon]"; if it is too long, its end. */
	char path[MAPPING_PATH_SIZE];
};

/* Parses a line of the file. Returns whether it is that of an executable mapping. */
bool mapping__parse(const char *line, struct mapping *out);

/*
 * Opens the file that is mapped there, whatever its name means by now and to us. Needs
 * CAP_CHECKPOINT_RESTORE, and CAP_SYS_PTRACE for processes of others. Returns a descriptor or a negative
 * errno.
 */
int mapping__open(uint32_t pid, const struct mapping *mapping);

/*
 * From a descriptor that only stands for a file (O_PATH), which is closed, to one to read it with. Regular files
 * only: really opening a device would have effects, and a device can be mapped. Returns as above.
 */
int mapping__reopen(int found);

/* Whether it is memory of the process's own, where there can be code that was made at run time. */
bool mapping__is_anonymous(const struct mapping *mapping);

#endif
