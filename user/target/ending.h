/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of the target: that it is gone, and what its runtime then says of it. */
#ifndef OOMTRACE_ENDING_H
#define OOMTRACE_ENDING_H

#include "record/record.h"
#include "target/target.h"

struct ending {
	const struct target *target;
	uint64_t gone_since_ns; /* CLOCK_BOOTTIME; 0: it isn't gone */
	bool over;		/* nothing more will be known of it */
	bool has_state;
	struct runtime_container state; /* by its runtime, once it is over */
	bool has_init_exit;
	struct record init_exit;
	char init_comm[EVENT_COMM_LEN];
};

/* Keeps the record of the exit of the target's init, for ending__record(). Returns whether it is that. */
bool ending__take(struct ending *ending, const struct record *record);

/*
 * Looks whether the target is gone. From then on it waits for the last events and, by asking again and
 * again, for its runtime's word. Returns whether that is over; there is nothing more to be looked for then.
 */
bool ending__is_over(struct ending *ending, uint64_t now_ns);

/*
 * The exit of the target as a whole: that of its init, if it was seen, with its runtime's word. Valid as
 * long as *ending.
 */
struct record ending__record(const struct ending *ending);

/* Why the session ends, in words. Static text. */
const char *ending__reason(const struct ending *ending);

#endif
