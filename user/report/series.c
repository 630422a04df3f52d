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

static void join_spans(struct span *into, const struct span *other)
{
	if (other->from_ns < into->from_ns)
		into->from_ns = other->from_ns;
	if (other->to_ns > into->to_ns)
		into->to_ns = other->to_ns;
	into->sum.runs += other->sum.runs;
	into->sum.duration_ns += other->sum.duration_ns;
	into->sum.reclaimed_bytes += other->sum.reclaimed_bytes;
	if (other->sum.longest_ns > into->sum.longest_ns)
		into->sum.longest_ns = other->sum.longest_ns;
}

static void shrink_spans(struct spans *spans, size_t count)
{
	while (spans->count > count && spans->shift < 63) {
		size_t kept = 0;

		spans->shift++;
		for (size_t i = 1; i < spans->count; i++) {
			struct span *last = &spans->spans[kept];

			if (last->from_ns >> spans->shift == spans->spans[i].from_ns >> spans->shift)
				join_spans(last, &spans->spans[i]);
			else
				spans->spans[++kept] = spans->spans[i];
		}
		spans->count = kept + 1;
	}
}

int spans__add(struct spans *spans, size_t room, struct span span)
{
	size_t i;

	if (!spans->spans) {
		spans->spans = calloc(room, sizeof(*spans->spans));
		if (!spans->spans)
			return -ENOMEM;
		spans->room = room;
	}
	if (spans->count == spans->room)
		shrink_spans(spans, spans->room / 2);
	for (i = spans->count; i && spans->spans[i - 1].from_ns > span.from_ns;)
		i--;
	if (i && spans->spans[i - 1].from_ns >> spans->shift == span.from_ns >> spans->shift)
		i--;
	if (i < spans->count && spans->spans[i].from_ns >> spans->shift == span.from_ns >> spans->shift) {
		join_spans(&spans->spans[i], &span);
		return 0;
	}
	memmove(&spans->spans[i + 1], &spans->spans[i], (spans->count - i) * sizeof(*spans->spans));
	spans->spans[i] = span;
	spans->count++;
	return 0;
}

void spans__free(struct spans *spans)
{
	free(spans->spans);
	*spans = (struct spans){ 0 };
}
