/* SPDX-License-Identifier: GPL-2.0-only */
/* Spans of time with sums, such as of reclaim, in bounded memory. Many are joined as the points of series.h are. */
#ifndef OOMTRACE_SPANS_H
#define OOMTRACE_SPANS_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

struct span {
	uint64_t from_ns, to_ns;
	struct record_reclaim_sum sum;
};

struct spans {
	struct span *spans; /* in order of their beginnings */
	size_t count, room;
	unsigned int shift;
};

/* Takes a span. Returns 0 or -ENOMEM. */
int spans__add(struct spans *spans, size_t room, struct span span);

void spans__free(struct spans *spans);

#endif
