/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that a process may still reach, uid 0 or not (Landlock, Linux 5.13). */
#ifndef OOMTRACE_LANDLOCK_H
#define OOMTRACE_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

struct landlock_place {
	const char *path; /* a folder and all below it, or a file; what can't be opened is passed over */
	bool writable;	  /* files may be made, written, renamed and removed in it, too */
};

/*
 * From here on the calling thread, and the threads and processes that it starts, can open files and folders
 * below these places only, for reading unless said otherwise, and execute nothing. Descriptors that are open
 * already are not affected. Needs no_new_privs or CAP_SYS_ADMIN. Returns 0, -EOPNOTSUPP (this kernel has no
 * Landlock, or it is off), or another negative errno; then nothing is confined.
 */
int landlock__confine(const struct landlock_place *places, size_t count);

#endif
