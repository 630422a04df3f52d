/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A curve of usage in bounded memory. Every point is kept while there is room. Then time is cut into
 * buckets, and each bucket keeps its lowest and its highest point, so no peak is ever lost. When there are
 * too many buckets, they become twice as long. Points may come in any order.
 */
#ifndef OOMTRACE_SERIES_H
#define OOMTRACE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

#define SERIES__LIMIT_UNKNOWN (UINT64_MAX - 1)

struct series_bucket {
	struct record_point low, high; /* the same one when there is only one */
};

struct series {
	struct series_bucket *buckets; /* in order of time */
	size_t count, room;
	unsigned int shift; /* a bucket is 2^shift ns */
};

/* Takes a point; max_bytes may be SERIES__LIMIT_UNKNOWN. Returns 0 or -ENOMEM. */
int series__add(struct series *series, size_t room, struct record_point point);

/* Joins buckets until there are at most `count`, of at least 1. */
void series__shrink(struct series *series, size_t count);

/* The bucket's points in order of time. Returns how many: 1 or 2. */
int series__points(const struct series_bucket *bucket, struct record_point points[2]);

void series__free(struct series *series);

#endif
