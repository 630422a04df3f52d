/* SPDX-License-Identifier: GPL-2.0-only */
/* What is in tmpfs and shared memory, in words. Text and pages give the same sentence. */
#ifndef OOMTRACE_TMPFS_WORDS_H
#define OOMTRACE_TMPFS_WORDS_H

#include <stdio.h>

#include "record/record.h"

/* How much of the usage at the limit is tmpfs and shared memory, if that is at least a fifth; else, or unknown, 0. */
uint64_t tmpfs_words__shared(const struct record_oom *oom);

/* How an output writes what somebody else has chosen, and sizes. */
struct tmpfs_words_ops {
	void (*put_name)(FILE *out, const char *name);
	void (*put_size)(FILE *out, uint64_t bytes);
	void (*put_duration)(FILE *out, uint64_t duration_ns);
};

/* "/dev/shm/x 40.0 MiB, /run/y 3.0 MiB: the largest of 12 files, 45.0 MiB in all, ...": no sentence ends here. */
void tmpfs_words__put(FILE *out, const struct record_tmpfs *tmpfs, const struct tmpfs_words_ops *ops);

#endif
