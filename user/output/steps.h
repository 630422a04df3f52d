/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What to do now: at most three next steps at the end of a session, each drawn from what was seen and naming it.
 * docs/next-steps.md has the rule for each. Nothing is said without evidence.
 */
#ifndef OOMTRACE_STEPS_H
#define OOMTRACE_STEPS_H

#include "record/record.h"

#define STEPS_TOLD 3

/* In the order in which they are told. */
enum step_rule {
	STEP_UNDO_WRITE, /* a write lowered the limit */
	STEP_SMALLER,	 /* kills that were not needed, inside of such a write */
	STEP_EXEMPT,	 /* nothing could be killed */
	STEP_ANCESTOR,	 /* a limit above the container */
	STEP_HELD_BACK,	 /* most memory is with a process that oom_score_adj spares */
	STEP_SHARED,	 /* tmpfs and shared memory, which outlive a process */
	STEP_KERNEL,	 /* kernel memory */
	STEP_MANY,	 /* many processes of one program */
	STEP_GROWTH,	 /* fast growth: a limit near this one would not have held */
	STEP_LARGEST,	 /* one process has nearly all */
	STEP_MACHINE,	 /* the whole machine: whom to limit */
	STEP_HIGH,	 /* stuck at memory.high */
	STEP_RULES,
};

/* What has been seen, the latest for each rule: text with the marks of wrap.h. */
struct steps {
	char *texts[STEP_RULES];
	char *undo_cgroup;     /* whose limit STEP_UNDO_WRITE asks to be put back */
	uint64_t own_limit_id; /* the latest write of a limit by oomtrace itself, which puts it back itself */
	bool lowered;	       /* a kill came of a limit that was lowered, whoever did it */
};

/* Takes a record in. Returns 0 or -ENOMEM. */
int steps__take(struct steps *steps, const struct record *record);

/* Calls `tell` with each step, at most STEPS_TOLD, and forgets them all. Returns what it first returns but 0. */
int steps__tell(struct steps *steps, int (*tell)(void *ctx, const char *rule, const char *marked), void *ctx);

void steps__forget(struct steps *steps);

#endif
