/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of JSON Lines write of candidates, and of memory that comes back. */
#ifndef VARIANTS_CANDIDATES_H
#define VARIANTS_CANDIDATES_H

#include "take.h"
#include "record/sink.h"

/* One of whom all is known, and one of whom nothing is. Valid until the next call. */
static inline const struct record_candidates *variants_candidates(const char *name,
								  const struct record_container *container)
{
	static struct record_candidate first[2];
	static struct record_candidates candidates;
	static struct record_program programs[1];

	first[0] = (struct record_candidate){ .pid = 1,
					      .comm = name,
					      .has_uid = true,
					      .uid = 2,
					      .has_points = true,
					      .points = -3,
					      .has_counted = true,
					      .counted_bytes = 4,
					      .has_rss = true,
					      .rss = 18,
					      .has_kinds = true,
					      .anon_rss_bytes = 5,
					      .file_rss_bytes = 6,
					      .shmem_rss_bytes = 7,
					      .has_swap = true,
					      .swap = 8,
					      .has_pgtables = true,
					      .pgtables_bytes = 9,
					      .has_adj = true,
					      .oom_score_adj = -900,
					      .cgroup = "/init",
					      .container = *container };
	first[1] = (struct record_candidate){ .pid = 2 };
	programs[0] = (struct record_program){ .comm = name, .count = 5, .counted_bytes = 10 };
	candidates = (struct record_candidates){ .count = 7,
						 .unkillable = 1,
						 .has_counted = true,
						 .counted_bytes = 12,
						 .first = first,
						 .first_count = 2,
						 .spared = first,
						 .spared_count = 1,
						 .programs = programs,
						 .program_count = 1,
						 .other = { .count = 1, .counted_bytes = 2 } };
	return &candidates;
}

/* One of which all is known, and one of which little is. Valid until the next call. */
static inline const struct record_children *variants_children(const char *name,
							      const struct record_container *container)
{
	static struct record_child largest[2];
	static struct record_children children;

	largest[0] = (struct record_child){ .cgroup = "/init",
					    .container = *container,
					    .exact = true,
					    .usage_bytes = 3,
					    .max_bytes = 4,
					    .has_before = true,
					    .before_bytes = 5,
					    .before_ns = 6 };
	largest[1] = (struct record_child){ .cgroup = name, .max_bytes = RECORD_NO_LIMIT };
	children = (struct record_children){ .count = 9,
					     .read = 8,
					     .read_after_ns = 7,
					     .has_rest = true,
					     .rest_bytes = 8,
					     .removed = 0,
					     .largest = largest,
					     .largest_count = 2 };
	return &children;
}

/* By exit and by the reaper, with all that is known and with little. */
static inline void write_reliefs(struct sink *sink, const char *name,
				 const struct record_container *container)
{
	const struct record_relief full = { .live = true,
					    .oom_id = 9,
					    .pid = 1,
					    .comm = name,
					    .by_exit = true,
					    .since_kill_ns = 2,
					    .cgroup = name,
					    .container = *container,
					    .has_usage = true,
					    .usage_before_bytes = 3,
					    .usage_after_bytes = 4,
					    .max_bytes = RECORD_NO_LIMIT,
					    .kills_meanwhile = 5,
					    .needless_kills = 6,
					    .needless_bytes = 7 };
	const struct record_relief little = { .live = true, .oom_id = 9, .pid = 1 };

	assert_int_equal(TAKE(sink, RELIEF, relief, TIME, full), 0);
	assert_int_equal(TAKE(sink, RELIEF, relief, TIME, little), 0);
}

#endif
