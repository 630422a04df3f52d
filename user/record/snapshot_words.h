/* SPDX-License-Identifier: GPL-2.0-only */
/* What a part of a process's memory is, in words. Text and pages give the same sentence. */
#ifndef OOMTRACE_SNAPSHOT_WORDS_H
#define OOMTRACE_SNAPSHOT_WORDS_H

#include <stdio.h>

#include "record/record_snapshot.h"

/* "anonymous", "heap", ...: static text, as JSON has it. */
const char *snapshot_words__kind(enum smaps_kind kind);

/* How an output writes what somebody else has chosen, and sizes. */
struct snapshot_words_ops {
	void (*put_name)(FILE *out, const char *name);
	void (*put_process)(FILE *out, const char *comm, uint32_t pid);
	void (*put_size)(FILE *out, uint64_t bytes);
	void (*put_duration)(FILE *out, uint64_t duration_ns);
};

/*
 * "heap of java (pid 12) 380.0 MiB", or "at least" so much of a process that was not read to its end; "file in tmpfs
 * /dev/shm/x 40.0 MiB", with the process that has most of it mapped.
 */
void snapshot_words__put_part(FILE *out, const struct record_before_part *part,
			      const struct snapshot_words_ops *ops);

/* How many of these, the largest first, are worth a word: not the last bytes beside hundreds of megabytes. */
size_t snapshot_words__worth(const struct record_before_part *parts, size_t count);

/*
 * "page cache 60.0 MiB, 12.0 MiB of it mapped, 3.0 MiB not yet written", with the growth if that is known (NULL: it isn't).
 * Writes nothing when it is less than a twentieth of the memory of processes and files. `before` is what comes before it.
 */
void snapshot_words__put_cache(FILE *out, const char *before, const struct cgroup_memory *memory,
			       const struct record_before *growth, const struct snapshot_words_ops *ops);

/* How much of the page cache is no tmpfs and no shared memory. */
uint64_t snapshot_words__cache(const struct cgroup_memory *memory);

/* "at 90 %, 41 s before: heap of java (pid 12) 380.0 MiB (+62.0 MiB in 10 s), ..." */
void snapshot_words__put_before(FILE *out, const struct record_before *before,
				const struct snapshot_words_ops *ops);

/*
 * The largest parts of all its processes and the largest files in tmpfs, the largest first, at most RECORD_BEFORE_PARTS. A
 * file in tmpfs that a process has mapped comes once. It doesn't come when the cgroup has less than half as much shared
 * memory: then it is in swap, or others were charged for it. Returns how many.
 */
size_t snapshot_words__largest(const struct record_snapshot *snapshot,
			       struct record_before_part out[RECORD_BEFORE_PARTS]);

/* How much of such a part there is in this snapshot; `part` is of another one. False: that isn't known. */
bool snapshot_words__find(const struct record_snapshot *snapshot, const struct record_before_part *part,
			  uint64_t *bytes);

#endif
