// SPDX-License-Identifier: GPL-2.0-only
/* Which kill of the log is which of the recording, and what one of them lacks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "report/check_kill.h"

/*
 * The log's clock isn't corrected as others are, and may so go apart from them: by up to this much, and by
 * this part of the time since boot.
 */
#define APART_NS (10LL * NS_PER_S)
#define APART_PART 10000

/* Of the log's kills, by pid, those of the same pid in the log's order. */
struct entry {
	struct check_kill *line;
};

struct index {
	struct entry *by_pid;
	size_t count;
};

static int by_pid(const void *a, const void *b)
{
	const struct check_kill *one = ((const struct entry *)a)->line,
				*two = ((const struct entry *)b)->line;

	if (one->tid != two->tid)
		return one->tid < two->tid ? -1 : 1;
	return one < two ? -1 : one > two;
}

static int make_index(struct index *index, struct check_side *side)
{
	index->count = side->count;
	index->by_pid = calloc(side->count + 1, sizeof(*index->by_pid));
	if (!index->by_pid)
		return -ENOMEM;
	for (size_t i = 0; i < side->count; i++)
		index->by_pid[i].line = &side->kills[i];
	qsort(index->by_pid, index->count, sizeof(*index->by_pid), by_pid);
	return 0;
}

/* Of the first of this pid; `count` when there is none. */
static size_t first_of(const struct index *index, uint32_t tid)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->by_pid[middle].line->tid < tid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_of(const struct index *index, size_t at, uint32_t tid)
{
	return at < index->count && index->by_pid[at].line->tid == tid;
}

static int by_value(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;

	return one < two ? -1 : one > two;
}

/* The middle of the distances of kills that only one line can be of: a machine that slept is hours apart. */
static int find_offset(struct check *check, const struct index *index)
{
	int64_t *offsets = calloc(check->recorded.count + 1, sizeof(*offsets));
	size_t count = 0;

	if (!offsets)
		return -ENOMEM;
	for (size_t i = 0; i < check->recorded.count; i++) {
		const struct check_kill *kill = &check->recorded.kills[i], *line;
		size_t at = first_of(index, kill->tid);

		if (!is_of(index, at, kill->tid) || is_of(index, at + 1, kill->tid))
			continue;
		line = index->by_pid[at].line;
		if (kill->time.no_boot || line->time.no_boot || strcmp(kill->comm, line->comm) != 0)
			continue;
		offsets[count++] = (int64_t)(kill->time.boot_ns - line->time.boot_ns);
	}
	qsort(offsets, count, sizeof(*offsets), by_value);
	check->has_offset = count;
	check->offset_ns = count ? offsets[count / 2] : 0;
	free(offsets);
	return 0;
}

/* By how much the two times are apart; 0 when one of them isn't told. */
static uint64_t apart(const struct check *check, const struct check_kill *recorded,
		      const struct check_kill *logged)
{
	int64_t ns;

	if (recorded->time.no_boot || logged->time.no_boot)
		return 0;
	ns = (int64_t)(recorded->time.boot_ns - logged->time.boot_ns - (uint64_t)check->offset_ns);
	return ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
}

static uint64_t most_apart(const struct check_kill *recorded)
{
	return APART_NS + recorded->time.boot_ns / APART_PART;
}

/* The line of the same pid that is nearest in time, those of the same name first. */
static struct check_kill *find_line(const struct check *check, const struct index *index,
				    const struct check_kill *kill)
{
	struct check_kill *best = NULL;
	uint64_t best_apart = 0;
	bool best_named = false;

	for (size_t at = first_of(index, kill->tid); is_of(index, at, kill->tid); at++) {
		struct check_kill *line = index->by_pid[at].line;
		uint64_t ns = apart(check, kill, line);
		bool named = !strcmp(kill->comm, line->comm);

		if (line->other || ns > most_apart(kill) || (best_named && !named))
			continue;
		if (best && best_named == named && ns >= best_apart)
			continue;
		best = line;
		best_apart = ns;
		best_named = named;
	}
	return best;
}

/* Why this session doesn't have a kill of the log's; NULL: it should. */
static const char *why_not_in(const struct check *check, const struct check_session *session,
			      const struct check_kill *kill)
{
	int64_t ns = (int64_t)kill->time.boot_ns + check->offset_ns;

	if (kill->kernel && session->kernel && strcmp(kill->kernel, session->kernel) != 0)
		return "of another kernel";
	if (!kill->time.no_boot && ns < (int64_t)session->begin_ns)
		return "before the recording";
	if (!kill->time.no_boot && ns > (int64_t)session->end_ns)
		return "after the recording";
	if (!session->of_targets)
		return NULL;
	if (!kill->cgroup)
		return "perhaps not of the recording's target: the log doesn't tell its cgroup";
	for (size_t i = 0; i < session->target_count; i++) {
		if (check_kill__is_below(kill->cgroup, session->targets[i]))
			return NULL;
	}
	return "not of the recording's target";
}

static void judge_line(const struct check *check, struct check_kill *kill)
{
	kill->result = CHECK_ONLY_LOG;
	for (size_t i = 0; i < check->session_count; i++) {
		kill->why_outside = why_not_in(check, &check->sessions[i], kill);
		if (!kill->why_outside)
			return;
	}
	if (kill->why_outside)
		kill->result = CHECK_OUTSIDE;
}

static void judge_pair(struct check_kill *recorded, struct check_kill *logged)
{
	struct record_difference differences[CHECK_DIFFERENCES_MAX];
	size_t count = check_compare__kills(recorded, logged, differences);

	recorded->result = count ? CHECK_CLOSE : CHECK_SAME;
	for (size_t i = 0; i < count; i++)
		if (!differences[i].close)
			recorded->result = CHECK_DIFFERENT;
	recorded->other = logged;
	logged->other = recorded;
	logged->result = recorded->result;
}

int check_match__run(struct check *check)
{
	struct index index;
	int err = make_index(&index, &check->logged);

	if (!err)
		err = find_offset(check, &index);
	for (size_t i = 0; i < check->recorded.count && !err; i++) {
		struct check_kill *kill = &check->recorded.kills[i], *line = find_line(check, &index, kill);

		kill->result = CHECK_ONLY_RECORDING;
		if (line)
			judge_pair(kill, line);
		check->totals[kill->result]++;
	}
	for (size_t i = 0; i < check->logged.count && !err; i++) {
		struct check_kill *line = &check->logged.kills[i];

		if (line->other)
			continue;
		judge_line(check, line);
		check->totals[line->result]++;
	}
	free(index.by_pid);
	return err;
}
