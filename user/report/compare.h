/* SPDX-License-Identifier: GPL-2.0-only */
/* The figures of two recordings, to be put side by side: did a change help? */
#ifndef OOMTRACE_COMPARE_H
#define OOMTRACE_COMPARE_H

#include "output/look.h"
#include "record/sink.h"
#include "report/series.h"

#define COMPARE_SIDES 2
#define COMPARE_NAME_SIZE 256
#define COMPARE_STALLS_MAX 64 /* that are known again when they are told of once more */
#define COMPARE_KILLS_MAX 200 /* with a row of their own */

enum compare_figure {
	COMPARE_DURATION,
	COMPARE_OOMS,
	COMPARE_KILLS,
	COMPARE_NOTHING,
	COMPARE_OVER,
	COMPARE_FIRST,
	COMPARE_DEATH,
	COMPARE_PEAK,
	COMPARE_FAILED,
	COMPARE_GROWTH,
	COMPARE_STALL,
	COMPARE_RECLAIM,
	COMPARE_THROTTLE,
	COMPARE_EXIT,
	COMPARE_LOST,
	COMPARE_FIGURES,
};

enum compare_unit { UNIT_COUNT, UNIT_BYTES, UNIT_RATE, UNIT_TIME, UNIT_CODE };

extern const struct compare_figure_info {
	const char *key; /* in JSON */
	const char *label;
	const char *meaning; /* for who hasn't met the label */
	enum compare_unit unit;
	bool more_is_worse;
} compare__figures[COMPARE_FIGURES];

struct compare_stall {
	uint64_t cgroup_id, since_ns, duration_ns;
};

struct compare_kill {
	uint64_t after_ns; /* since the recording began */
	uint32_t pid;
	bool has_anon;
	uint64_t anon_bytes, max_bytes; /* max_bytes: SERIES__LIMIT_UNKNOWN */
	enum record_cause cause;
	char comm[64];
};

struct compare_side {
	const char *name; /* not owned */
	char kernel[COMPARE_NAME_SIZE];
	char cgroup[COMPARE_NAME_SIZE]; /* whose usage is the curve; "": nobody's */
	uint64_t values[COMPARE_FIGURES];
	bool known[COMPARE_FIGURES];
	bool gone;		 /* the target has ended */
	uint64_t began_ns;	 /* boot clock */
	uint64_t last_max_bytes; /* of the latest OOM's limit */
	bool has_last_max;
	struct compare_stall stalls[COMPARE_STALLS_MAX]; /* a ring */
	size_t stall_count;
	struct series usage; /* its times are since the recording began */
	struct compare_kill kills[COMPARE_KILLS_MAX];
	size_t kill_count;
};

struct compare;

/* Writes it all to c->base.out. Returns 0 or a negative errno. */
typedef int (*compare_put_fn)(struct compare *c);

struct compare {
	struct sink base;
	struct text_look look;
	compare_put_fn put;
	size_t begun;
	struct compare_side sides[COMPARE_SIDES + 1]; /* the last is for what nobody asked for */
};

/*
 * A sink that collects the figures of two recordings and hands them to `put` at the end. NULL without memory.
 * compare__begin() comes before the records of each.
 */
struct sink *compare__new(FILE *out, struct text_look look, compare_put_fn put);

/* What follows is of another recording, the one of that name, which the caller keeps. The third is ignored. */
void compare__begin(struct sink *sink, const char *name);

/* A figure for people; "-" when it isn't known. Returns dst. */
const char *compare__format(char *dst, size_t size, const struct compare_side *side,
			    enum compare_figure figure);

/* How B differs from A: "+3", "="; "" when one isn't known, or when it means nothing. Returns dst. */
const char *compare__format_change(char *dst, size_t size, const struct compare *c,
				   enum compare_figure figure);

#endif
