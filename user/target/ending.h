/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of the target: notices that it is gone, and asks its runtime how it ended. */
#ifndef OOMTRACE_ENDING_H
#define OOMTRACE_ENDING_H

#include "containers/asker.h"
#include "record/record.h"
#include "target/refusals.h"
#include "target/target.h"

struct ending {
	const struct target *target;
	bool may_return;	/* its end is when its cgroup is removed, and it may come back */
	uint64_t run;		/* with may_return: 1, 2, ... */
	struct asker *asker;	/* NULL: the runtime isn't asked */
	int question;		/* to the runtime, that is on its way; 0: none is */
	uint64_t gone_since_ns; /* CLOCK_BOOTTIME; 0: it isn't gone */
	bool answered;		/* the runtime has said its last word */
	bool over;		/* nothing more will be known of it */
	bool has_state;
	struct runtime_container state; /* by its runtime, once it is over */
	bool has_init_exit;
	struct record init_exit;
	bool has_killer;
	struct record_killer_copy killer; /* who sent SIGKILL to the init */
	char init_comm[EVENT_COMM_LEN], stop_comm[EVENT_COMM_LEN];
	struct refusals refusals;
	struct record_refusal refused[REFUSALS_MAX]; /* of the record */
};

/* To be called when the target is there, before the first look at it. */
void ending__begin(struct ending *ending);

/*
 * Keeps this record for ending__record() if it is the exit of the target's init, and who sent SIGKILL to the init.
 * Returns whether it is the exit, which is told later.
 */
bool ending__take(struct ending *ending, const struct record *record);

/* The target is back: what was known of its end is forgotten. */
void ending__begin_again(struct ending *ending);

/*
 * Checks whether the target is gone. Once it is, waits for the last events, and asks the runtime again and again
 * until it answers. Returns whether all this is over.
 */
bool ending__is_over(struct ending *ending, uint64_t now_ns);

/*
 * The exit of the target as a whole: the exit of its init, if it was seen, with what the runtime says. Valid as
 * long as *ending.
 */
struct record ending__record(struct ending *ending);

/* Why the session ends, in words. Static text. */
const char *ending__reason(const struct ending *ending);

#endif
