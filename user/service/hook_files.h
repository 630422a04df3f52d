/* SPDX-License-Identifier: GPL-2.0-only */
/* What it takes to read open files (host/open_files.h), in the process that starts who reads them. */
#ifndef OOMTRACE_HOOK_FILES_H
#define OOMTRACE_HOOK_FILES_H

#include <sys/types.h>

#include "service/hook_runner.h"

struct hook_files {
	int link, map; /* of BPF; -1: open files aren't read */
	pid_t reader;  /* who reads them, one at a time: there is one map; 0: nobody */
};

/* Takes a descriptor, which stays the caller's. The first one counts: it comes from before privileges were dropped. */
void hook_files__take(int *to, int fd);

/* Who reads may not make them; and each can be read once. Both are -1 where there are none, or somebody is reading. */
void hook_files__make_iterators(const struct hook_files *files, int iterators[2]);

/* They are the reader's, if there is one (else 0, or negative). */
void hook_files__leave_to(struct hook_files *files, int iterators[2], pid_t reader);

/* ---- who asks ---- */

/*
 * From now on snapshots have the page cache of open files (host/open_files.h). The descriptors stay the caller's. To be
 * called at most once: others are not taken. Returns 0, -EAGAIN or -EPIPE.
 */
int hook_files__give(struct hook_runner *runner, int link_fd, int map_fd);

#endif
