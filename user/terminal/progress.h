/* SPDX-License-Identifier: GPL-2.0-only */
/* A line on a terminal that says how far a long read is. It goes away when the read is over. */
#ifndef OOMTRACE_PROGRESS_H
#define OOMTRACE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PROGRESS__AFTER_NS 2000000000ULL /* shorter reads have no line */

struct progress {
	FILE *out;	  /* a terminal; NULL: nothing is shown */
	const char *name; /* of what is read, not owned, not escaped */
	uint64_t total_bytes, begun_ns, shown_ns;
	bool is_shown;
};

/* total_bytes: 0 is unknown. now_ns here and below: of a clock that only goes forward. */
void progress__begin(struct progress *progress, FILE *out, const char *name, uint64_t total_bytes,
		     uint64_t now_ns);

/* So many bytes are read. Prints at most five times a second. */
void progress__at(struct progress *progress, uint64_t bytes, uint64_t now_ns);

/* Takes the line away. */
void progress__end(struct progress *progress);

#endif
