/* SPDX-License-Identifier: GPL-2.0-only */
/* Counts what was lost between the kernel and the records, and reports it. */
#ifndef OOMTRACE_LOSS_H
#define OOMTRACE_LOSS_H

#include "record/sink.h"
#include "trace/tracer.h"

struct loss {
	uint64_t malformed; /* what lay in the ring and was no event: counted by whoever reads it */
	uint64_t malformed_told;
	uint64_t runs; /* of the target that were over before they were seen: counted by whoever follows it */
	uint64_t runs_told;
	uint64_t told[EVENT_KIND_MAX];
};

/*
 * Hands the sink a record for each kind of which more has been lost since the last time. lost_stacks:
 * samples that got here but could not be kept, since the start. Returns 0 or the first error of the sink.
 */
int loss__tell(struct loss *loss, const struct tracer *tracer, uint64_t lost_stacks, struct sink *sink);

/* How many losses have been reported, of all kinds. */
uint64_t loss__total(const struct loss *loss);

#endif
