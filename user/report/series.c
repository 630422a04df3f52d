// SPDX-License-Identifier: GPL-2.0-only
#include "report/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void join(struct series_bucket *into, const struct series_bucket *other)
{
	if (other->low.usage_bytes < into->low.usage_bytes)
		into->low = other->low;
	if (other->high.usage_bytes > into->high.usage_bytes)
		into->high = other->high;
}

static uint64_t slot(const struct series *series, const struct series_bucket *bucket)
{
	return bucket->low.ts_ns >> series->shift;
}

void series__shrink(struct series *series, size_t count)
{
	while (series->count > count && series->shift < 63) {
		size_t kept = 0;

		series->shift++;
		for (size_t i = 1; i < series->count; i++) {
			struct series_bucket *last = &series->buckets[kept];

			if (slot(series, last) == slot(series, &series->buckets[i]))
				join(last, &series->buckets[i]);
			else
				series->buckets[++kept] = series->buckets[i];
		}
		series->count = kept + 1;
	}
}

/* The first bucket that is not before `at`; mostly the end, since points mostly come in order. */
static size_t find(const struct series *series, uint64_t at)
{
	size_t low = 0, high = series->count;

	if (!high || slot(series, &series->buckets[high - 1]) < at)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slot(series, &series->buckets[middle]) < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int series__add(struct series *series, size_t room, struct record_point point)
{
	const struct series_bucket bucket = { .low = point, .high = point };
	size_t i;

	if (!series->buckets) {
		series->buckets = calloc(room, sizeof(*series->buckets));
		if (!series->buckets)
			return -ENOMEM;
		series->room = room;
	}
	/* By half, or each new point could mean to join all of them again. */
	if (series->count == series->room)
		series__shrink(series, series->room / 2);
	i = find(series, point.ts_ns >> series->shift);
	if (i < series->count && slot(series, &series->buckets[i]) == point.ts_ns >> series->shift) {
		join(&series->buckets[i], &bucket);
		return 0;
	}
	memmove(&series->buckets[i + 1], &series->buckets[i], (series->count - i) * sizeof(*series->buckets));
	series->buckets[i] = bucket;
	series->count++;
	return 0;
}

int series__points(const struct series_bucket *bucket, struct record_point points[2])
{
	bool low_first = bucket->low.ts_ns < bucket->high.ts_ns;

	points[0] = low_first ? bucket->low : bucket->high;
	points[1] = low_first ? bucket->high : bucket->low;
	return bucket->low.ts_ns == bucket->high.ts_ns ? 1 : 2;
}

void series__free(struct series *series)
{
	free(series->buckets);
	*series = (struct series){ 0 };
}
