// SPDX-License-Identifier: GPL-2.0-only
#include "model/flight_recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GROWTH_NS 1000000000ULL
#define SLICE_NS 500000000ULL
#define SLICES (RECORDER_WINDOW_NS / SLICE_NS + 1)
#define LATE_NS 1000000000ULL /* by which an event may be older than one before it, by far */

/* What happened in one SLICE_NS of time, because sums can't be taken back one by one. */
struct slice {
	uint64_t number; /* of the slice, since boot */
	struct record_reclaim_sum reclaim, throttle;
	uint64_t failed;
};

/* Points in the order of their times; `start` is the oldest one's place. It grows as points come. */
struct ring {
	struct record_point *points;
	size_t start, count, size;
};

struct track {
	uint64_t cgroup_id;
	uint64_t moved_ns;  /* the latest time that it was told of */
	struct track *next; /* in its bucket */
	struct track *newer, *older;
	struct ring fine, coarse;
	struct slice *slices; /* SLICES of them, or NULL: nothing to sum up yet */
};

#define BUCKETS 4096
#define RING_FIRST 8 /* points that a ring has room for at first */

const struct recorder_bounds recorder_of_target = {
	.cgroups = 256,
	.bytes = 16U << 20,
	.fine = RECORDER_FINE,
	.coarse = RECORDER_COARSE,
	.coarse_ns = RECORDER_COARSE_NS,
};

/* 4,096 cgroups that all move all the time take 18 MiB, and sums of those that reclaim what is left. */
const struct recorder_bounds recorder_of_all = {
	.cgroups = 4096,
	.bytes = 21U << 20,
	.fine = 48,
	.coarse = 64,
	.coarse_ns = 160000000ULL,
};

struct flight_recorder {
	const struct recorder_bounds *bounds;
	struct track *buckets[BUCKETS];
	struct track *newest, *oldest; /* by their last move */
	struct track *awake;	       /* those that are older have a single point */
	size_t count, bytes;
	uint64_t given_up;
	struct record_point points[RECORDER_POINTS]; /* what flight_recorder__history() hands out */
};

struct flight_recorder *flight_recorder__new(const struct recorder_bounds *bounds)
{
	struct flight_recorder *recorder = calloc(1, sizeof(*recorder));

	if (recorder)
		recorder->bounds = bounds;
	return recorder;
}

/* ---- tracks ---- */

static struct record_point *at(const struct ring *ring, size_t i)
{
	return &ring->points[(ring->start + i) % ring->size];
}

static struct track **bucket_of(struct flight_recorder *recorder, uint64_t cgroup_id)
{
	return &recorder->buckets[cgroup_id % BUCKETS];
}

static size_t bytes_of(const struct track *track)
{
	return sizeof(*track) + (track->fine.size + track->coarse.size) * sizeof(struct record_point) +
	       (track->slices ? SLICES * sizeof(struct slice) : 0);
}

static void unlink_track(struct flight_recorder *recorder, struct track *track)
{
	if (recorder->awake == track)
		recorder->awake = track->newer;
	*(track->newer ? &track->newer->older : &recorder->newest) = track->older;
	*(track->older ? &track->older->newer : &recorder->oldest) = track->newer;
}

static void link_newest(struct flight_recorder *recorder, struct track *track)
{
	track->newer = NULL;
	track->older = recorder->newest;
	*(recorder->newest ? &recorder->newest->newer : &recorder->oldest) = track;
	recorder->newest = track;
	if (!recorder->awake)
		recorder->awake = track;
}

static void forget(struct flight_recorder *recorder, struct track *track)
{
	struct track **at = bucket_of(recorder, track->cgroup_id);

	while (*at != track)
		at = &(*at)->next;
	*at = track->next;
	unlink_track(recorder, track);
	recorder->bytes -= bytes_of(track);
	recorder->count--;
	free(track->fine.points);
	free(track->coarse.points);
	free(track->slices);
	free(track);
}

void flight_recorder__free(struct flight_recorder *recorder)
{
	if (!recorder)
		return;
	while (recorder->oldest)
		forget(recorder, recorder->oldest);
	free(recorder);
}

static void give_up_oldest(struct flight_recorder *recorder, uint64_t ts_ns)
{
	if (recorder->oldest->fine.count && recorder->oldest->moved_ns + RECORDER_WINDOW_NS > ts_ns)
		recorder->given_up++;
	forget(recorder, recorder->oldest);
}

static struct track *find_track(const struct flight_recorder *recorder, uint64_t cgroup_id)
{
	struct track *track = recorder->buckets[cgroup_id % BUCKETS];

	while (track && track->cgroup_id != cgroup_id)
		track = track->next;
	return track;
}

static struct track *add_track(struct flight_recorder *recorder, uint64_t cgroup_id)
{
	struct track **bucket = bucket_of(recorder, cgroup_id), *track = calloc(1, sizeof(*track));

	if (!track)
		return NULL;
	track->cgroup_id = cgroup_id;
	track->next = *bucket;
	*bucket = track;
	link_newest(recorder, track);
	recorder->count++;
	recorder->bytes += bytes_of(track);
	return track;
}

/* Leaves the last point of one that hasn't moved for longer than a history is: from there it grows when it moves. */
static void rest(struct flight_recorder *recorder, struct track *track)
{
	struct record_point *last = track->fine.count ? malloc(sizeof(*last)) : NULL;

	if (track->fine.count && !last)
		return;
	recorder->bytes -= bytes_of(track);
	if (last)
		*last = *at(&track->fine, track->fine.count - 1);
	free(track->fine.points);
	free(track->coarse.points);
	free(track->slices);
	track->fine = (struct ring){ .points = last, .count = last != NULL, .size = last != NULL };
	track->coarse = (struct ring){ 0 };
	track->slices = NULL;
	recorder->bytes += bytes_of(track);
}

/* Most cgroups of a machine rest, or are gone. */
static void let_rest(struct flight_recorder *recorder, uint64_t ts_ns)
{
	while (recorder->awake != recorder->newest &&
	       recorder->awake->moved_ns + RECORDER_WINDOW_NS + LATE_NS < ts_ns) {
		rest(recorder, recorder->awake);
		recorder->awake = recorder->awake->newer;
	}
}

/* The track of a cgroup that is told of now, made when there is none. NULL without memory. */
static struct track *take(struct flight_recorder *recorder, uint64_t cgroup_id, uint64_t ts_ns)
{
	struct track *track = find_track(recorder, cgroup_id);

	if (track) {
		unlink_track(recorder, track);
		link_newest(recorder, track);
	} else {
		while (recorder->count && (recorder->count >= recorder->bounds->cgroups ||
					   recorder->bytes >= recorder->bounds->bytes))
			give_up_oldest(recorder, ts_ns);
		track = add_track(recorder, cgroup_id);
	}
	if (track && track->moved_ns < ts_ns)
		track->moved_ns = ts_ns;
	if (track)
		let_rest(recorder, ts_ns);
	return track;
}

/* What was allocated for the newest track: others give way. */
static void note_bytes(struct flight_recorder *recorder, size_t bytes, uint64_t ts_ns)
{
	recorder->bytes += bytes;
	while (recorder->bytes > recorder->bounds->bytes && recorder->oldest != recorder->newest)
		give_up_oldest(recorder, ts_ns);
}

/* ---- points ---- */

/* Makes room for more points, at most `most`. Returns the bytes that this takes; 0: there is no memory. */
static size_t grow(struct ring *ring, size_t most)
{
	size_t size = ring->size ? 2 * ring->size : RING_FIRST, added;
	struct record_point *points;

	if (size > most)
		size = most;
	points = malloc(size * sizeof(*points));
	if (!points)
		return 0;
	for (size_t i = 0; i < ring->count; i++)
		points[i] = *at(ring, i);
	free(ring->points);
	added = (size - ring->size) * sizeof(*points);
	ring->points = points;
	ring->start = 0;
	ring->size = size;
	return added;
}

/* Puts a point behind the others, whatever its time. A full ring of `most` loses its oldest one. */
static int push(struct flight_recorder *recorder, struct ring *ring, size_t most,
		const struct record_point *point)
{
	if (ring->count == ring->size && ring->size < most) {
		size_t added = grow(ring, most);

		if (!added)
			return -ENOMEM;
		note_bytes(recorder, added, point->ts_ns);
	}
	if (ring->count == ring->size)
		/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): `most` is more than 0, and so there is room by now */
		ring->start = (ring->start + 1) % ring->size;
	else
		ring->count++;
	*at(ring, ring->count - 1) = *point;
	return 0;
}

/* Keeps the highest point of each stretch of time. One that comes too late for its place is dropped. */
static int push_coarse(struct flight_recorder *recorder, struct ring *ring, const struct record_point *point)
{
	struct record_point *last = ring->count ? at(ring, ring->count - 1) : NULL;
	uint64_t stretch_ns = recorder->bounds->coarse_ns;

	if (last && point->ts_ns < last->ts_ns)
		return 0;
	if (!last || last->ts_ns / stretch_ns != point->ts_ns / stretch_ns)
		return push(recorder, ring, recorder->bounds->coarse, point);
	if (point->usage_bytes >= last->usage_bytes)
		*last = *point;
	return 0;
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

int flight_recorder__point(struct flight_recorder *recorder, uint64_t cgroup_id,
			   const struct record_point *point)
{
	struct track *track = take(recorder, cgroup_id, point->ts_ns);
	int err = 0;

	if (!track)
		return -ENOMEM;
	if (track->fine.count == recorder->bounds->fine)
		err = push_coarse(recorder, &track->coarse, at(&track->fine, 0));
	if (!err)
		err = push(recorder, &track->fine, recorder->bounds->fine, point);
	if (!err)
		sort_last(&track->fine);
	return err;
}

static struct slice *slice_of(struct flight_recorder *recorder, uint64_t cgroup_id, uint64_t ts_ns)
{
	struct track *track = take(recorder, cgroup_id, ts_ns);
	uint64_t number = ts_ns / SLICE_NS;
	struct slice *slice;

	if (track && !track->slices) {
		track->slices = calloc(SLICES, sizeof(*track->slices));
		if (track->slices)
			note_bytes(recorder, SLICES * sizeof(*track->slices), ts_ns);
	}
	if (!track || !track->slices)
		return NULL;
	slice = &track->slices[number % SLICES];
	if (slice->number != number)
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
	struct track *track = find_track(recorder, cgroup_id);

	return track && track->fine.count ? track : NULL;
}

uint64_t flight_recorder__given_up(const struct flight_recorder *recorder)
{
	return recorder->given_up;
}

size_t flight_recorder__bytes(const struct flight_recorder *recorder)
{
	return recorder->bytes;
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

	for (size_t i = 0; track->slices && i < SLICES; i++) {
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
