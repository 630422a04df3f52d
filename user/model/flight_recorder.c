// SPDX-License-Identifier: GPL-2.0-only
#include "model/flight_recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lru.h"

#define GROWTH_NS 1000000000ULL
#define SLICE_NS 500000000ULL
#define SLICES (RECORDER_WINDOW_NS / SLICE_NS + 1)

/* What happened in one SLICE_NS of time, because sums can't be taken back one by one. */
struct slice {
	uint64_t number; /* of the slice, since boot */
	struct record_reclaim_sum reclaim, throttle;
	uint64_t failed;
};

/* Points in the order of their times; `start` is the oldest one's place. */
struct ring {
	struct record_point points[RECORDER_FINE];
	size_t start, count;
};
_Static_assert(RECORDER_FINE == RECORDER_COARSE, "both are rings of one size");

struct track {
	struct ring fine, coarse;
	struct slice slices[SLICES];
};

struct flight_recorder {
	struct lru lru;
	struct track *tracks[LRU_SLOTS];
	struct record_point points[RECORDER_POINTS]; /* what flight_recorder__history() hands out */
};

struct flight_recorder *flight_recorder__new(void)
{
	return calloc(1, sizeof(struct flight_recorder));
}

void flight_recorder__free(struct flight_recorder *recorder)
{
	if (!recorder)
		return;
	for (size_t i = 0; i < LRU_SLOTS; i++)
		free(recorder->tracks[i]);
	free(recorder);
}

static struct record_point *at(struct ring *ring, size_t i)
{
	return &ring->points[(ring->start + i) % RECORDER_FINE];
}

/* Puts a point behind the others, whatever its time. A full ring loses its oldest one. */
static void push(struct ring *ring, const struct record_point *point)
{
	if (ring->count == RECORDER_FINE)
		ring->start = (ring->start + 1) % RECORDER_FINE;
	else
		ring->count++;
	*at(ring, ring->count - 1) = *point;
}

/* Keeps the highest point of each stretch of time. One that comes too late for its place is dropped. */
static void push_coarse(struct ring *ring, const struct record_point *point)
{
	struct record_point *last = ring->count ? at(ring, ring->count - 1) : NULL;

	if (last && point->ts_ns < last->ts_ns)
		return;
	if (!last || last->ts_ns / RECORDER_COARSE_NS != point->ts_ns / RECORDER_COARSE_NS)
		push(ring, point);
	else if (point->usage_bytes >= last->usage_bytes)
		*last = *point;
}

/* CPUs take their times before they get their places in the ring buffer: neighbours may be swapped. */
static void sort_last(struct ring *ring)
{
	for (size_t i = ring->count - 1; i; i--) {
		struct record_point *one = at(ring, i - 1), *two = at(ring, i), swap = *one;

		if (one->ts_ns <= two->ts_ns)
			return;
		*one = *two;
		*two = swap;
	}
}

/* The track of a cgroup, made when there is none. NULL without memory. */
static struct track *take(struct flight_recorder *recorder, uint64_t cgroup_id)
{
	bool fresh;
	size_t slot = lru__take(&recorder->lru, cgroup_id, &fresh);
	struct track **track = &recorder->tracks[slot];

	if (!*track)
		*track = calloc(1, sizeof(**track));
	else if (fresh)
		memset(*track, 0, sizeof(**track));
	return *track;
}

int flight_recorder__point(struct flight_recorder *recorder, uint64_t cgroup_id,
			   const struct record_point *point)
{
	struct track *track = take(recorder, cgroup_id);

	if (!track)
		return -ENOMEM;
	if (track->fine.count == RECORDER_FINE)
		push_coarse(&track->coarse, at(&track->fine, 0));
	push(&track->fine, point);
	sort_last(&track->fine);
	return 0;
}

static struct slice *slice_of(struct flight_recorder *recorder, uint64_t cgroup_id, uint64_t ts_ns)
{
	struct track *track = take(recorder, cgroup_id);
	uint64_t number = ts_ns / SLICE_NS;
	struct slice *slice = track ? &track->slices[number % SLICES] : NULL;

	if (slice && slice->number != number)
		*slice = (struct slice){ .number = number };
	return slice;
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void add_sum(struct record_reclaim_sum *to, const struct record_reclaim_sum *sum)
{
	to->runs = add_saturating(to->runs, sum->runs);
	to->duration_ns = add_saturating(to->duration_ns, sum->duration_ns);
	to->reclaimed_bytes = add_saturating(to->reclaimed_bytes, sum->reclaimed_bytes);
	if (sum->longest_ns > to->longest_ns)
		to->longest_ns = sum->longest_ns;
}

int flight_recorder__reclaim(struct flight_recorder *recorder, uint64_t cgroup_id, uint64_t ts_ns,
			     enum reclaim_kind kind, const struct record_reclaim_sum *sum)
{
	struct slice *slice = slice_of(recorder, cgroup_id, ts_ns);

	if (!slice)
		return -ENOMEM;
	add_sum(kind == RECLAIM_THROTTLE ? &slice->throttle : &slice->reclaim, sum);
	return 0;
}

int flight_recorder__refused(struct flight_recorder *recorder, uint64_t cgroup_id, uint64_t ts_ns,
			     uint64_t count)
{
	struct slice *slice = slice_of(recorder, cgroup_id, ts_ns);

	if (!slice)
		return -ENOMEM;
	slice->failed = add_saturating(slice->failed, count);
	return 0;
}

static struct track *find(const struct flight_recorder *recorder, uint64_t cgroup_id)
{
	int slot = lru__find(&recorder->lru, cgroup_id);
	struct track *track = slot < 0 ? NULL : recorder->tracks[slot];

	return track && track->fine.count ? track : NULL;
}

bool flight_recorder__has(const struct flight_recorder *recorder, uint64_t cgroup_id)
{
	return find(recorder, cgroup_id);
}

/* Copies points up to ts_ns, from `count` on. Returns the number with them. */
static size_t copy(struct record_point *points, size_t count, struct ring *ring, uint64_t ts_ns)
{
	for (size_t i = 0; i < ring->count && at(ring, i)->ts_ns <= ts_ns; i++)
		points[count++] = *at(ring, i);
	return count;
}

/*
 * Where usage began to grow after it last fell by a quarter, as it does when a process is killed: what came
 * before would take away from what has grown since. `from` if it hasn't fallen, or does still.
 */
static const struct record_point *after_fall(const struct record_point *from, const struct record_point *last)
{
	const struct record_point *lowest = NULL;
	uint64_t peak = from->usage_bytes;

	for (const struct record_point *p = from; p <= last; p++) {
		if (p->usage_bytes < peak - peak / 4 || (lowest && p->usage_bytes <= lowest->usage_bytes)) {
			lowest = p;
			peak = p->usage_bytes;
		} else if (p->usage_bytes > peak) {
			peak = p->usage_bytes;
		}
	}
	return lowest && lowest->usage_bytes < last->usage_bytes ? lowest : from;
}

/* From the usage a second ago, or that of the oldest point, or after a fall, to that of the last. */
static void fill_growth(struct record_history *out, uint64_t ts_ns)
{
	uint64_t from_ns = ts_ns > GROWTH_NS ? ts_ns - GROWTH_NS : 0;
	const struct record_point *last = &out->points[out->count - 1], *from = out->points;
	__int128 growth;

	for (size_t i = 0; i < out->count && out->points[i].ts_ns <= from_ns; i++)
		from = &out->points[i];
	from = after_fall(from, last);
	/* Until the next point usage was what this one says, nearly. */
	if (from->ts_ns > from_ns)
		from_ns = from->ts_ns;
	if (from_ns >= ts_ns)
		return;
	growth = (__int128)last->usage_bytes - from->usage_bytes;
	growth = growth * (int64_t)GROWTH_NS / (int64_t)(ts_ns - from_ns);
	out->has_growth = growth >= INT64_MIN && growth <= INT64_MAX;
	if (out->has_growth)
		out->growth_bytes_per_s = (int64_t)growth;
}

static void sum_slices(const struct track *track, uint64_t ts_ns, struct record_history *out)
{
	uint64_t newest = ts_ns / SLICE_NS;

	for (size_t i = 0; i < SLICES; i++) {
		const struct slice *slice = &track->slices[i];

		if (slice->number > newest || newest - slice->number >= SLICES)
			continue;
		add_sum(&out->reclaim, &slice->reclaim);
		add_sum(&out->throttle, &slice->throttle);
		out->failed = add_saturating(out->failed, slice->failed);
	}
}

bool flight_recorder__history(struct flight_recorder *recorder, uint64_t cgroup_id, uint64_t ts_ns,
			      struct record_history *out)
{
	struct track *track = find(recorder, cgroup_id);
	struct record_history history = { .points = recorder->points, .cgroup_id = cgroup_id };

	if (!track)
		return false;
	history.count = copy(recorder->points, 0, &track->coarse, ts_ns);
	history.count = copy(recorder->points, history.count, &track->fine, ts_ns);
	if (!history.count)
		return false;
	fill_growth(&history, ts_ns);
	while (history.count > 1 && history.points->ts_ns + RECORDER_WINDOW_NS < ts_ns) {
		history.points++;
		history.count--;
	}
	sum_slices(track, ts_ns, &history);
	*out = history;
	return true;
}
