/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds what each change of the target's memory.max led to, from the records of writes and OOMs. Pure and
 * bounded: changes after the first STEPS_MAX have no step.
 */
#ifndef OOMTRACE_STEPS_H
#define OOMTRACE_STEPS_H

#include "record/record.h"

#define STEPS_MAX 4096

struct limit_steps;

/* Changes are those of `cgroup`, a path as in the records. NULL without memory. */
struct limit_steps *limit_steps__new(const char *cgroup);
/* The cgroup has another path from now on. Returns 0 or -ENOMEM. */
int limit_steps__move(struct limit_steps *steps, const char *cgroup);

void limit_steps__free(struct limit_steps *steps);

/*
 * Takes a write. A write of the target's memory.max closes the step before it and opens a new one. Returns the
 * closed step (valid until the next call), or NULL when there is none.
 */
const struct record_step *limit_steps__on_limit(struct limit_steps *steps, const struct record *limit);

void limit_steps__on_oom(struct limit_steps *steps, const struct record *oom);

/* The prediction that goes with the next change: usage can't be reclaimed below floor_bytes. */
void limit_steps__predict(struct limit_steps *steps, uint64_t floor_bytes);

/* Closes the last step. Returns it, or NULL when there was none. */
const struct record_step *limit_steps__close(struct limit_steps *steps, bool alive);

/* The table so far. */
struct record_steps limit_steps__table(const struct limit_steps *steps);

#endif
