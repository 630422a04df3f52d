/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of what a kernel log has: for variants.h, which has what it needs. */
#ifndef VARIANTS_LOG_H
#define VARIANTS_LOG_H

#include "base/array.h"

/* Of a kill that both have, that the log has alone, that the trace has alone; and lines that were missed. */
static inline void write_pairs(struct sink *sink, const char *name, bool full, const struct record_log *log)
{
	const struct record_difference differences[] = {
		{ "uid", DIFFERENCE_NUMBER, false, { .number = 1 }, { .number = UINT64_MAX - 1 } },
		{ "oom_score_adj",
		  DIFFERENCE_SIGNED,
		  false,
		  { .signed_number = -1000 },
		  { .signed_number = 3 } },
		{ "anon_rss_bytes", DIFFERENCE_NUMBER, true, { .number = 4096 }, { .number = 0 } },
		{ "max_bytes", DIFFERENCE_LIMIT, false, { .number = RECORD_NO_LIMIT }, { .number = 4096 } },
		{ "comm", DIFFERENCE_TEXT, false, { .text = name }, { .text = name } },
	};
	struct record_kernel_log kernel_log = {
		.oom_id = 4,
		.pid = 5,
		.comm = name,
		.log = log,
		.differences = differences,
		.difference_count = full ? ARRAY_SIZE(differences) : 0,
	};
	const struct record_kernel_log missed = { .missed = 12 };

	assert_int_equal(TAKE(sink, KERNEL_LOG, kernel_log, TIME, kernel_log), 0);
	kernel_log.oom_id = 0;
	kernel_log.difference_count = 0;
	assert_int_equal(TAKE(sink, KERNEL_LOG, kernel_log, TIME, kernel_log), 0);
	kernel_log.oom_id = 6;
	kernel_log.log = NULL;
	assert_int_equal(TAKE(sink, KERNEL_LOG, kernel_log, TIME, kernel_log), 0);
	assert_int_equal(TAKE(sink, KERNEL_LOG, kernel_log, TIME, missed), 0);
}

/* With all of it, or with what is always there. */
static inline void write_kernel_log(struct sink *sink, const char *name, bool full)
{
	static const uint64_t chunks[] = { 3, 2, 1 };
	const struct record_zone zone = { .node = 1,
					  .name = name,
					  .has_boost = full,
					  .has_managed = full,
					  .free_bytes = 5,
					  .min_bytes = 6,
					  .low_bytes = 7,
					  .high_bytes = 8,
					  .managed_bytes = full ? 9 : 0,
					  .chunk_bytes = 4096,
					  .chunks = chunks,
					  .orders = 3 };
	const struct record_cgroup_usage largest[] = { { .path = name, .usage_bytes = 9 },
						       { .path = "/b", .usage_bytes = 8 } };
	const struct record_machine machine = { .largest = { .list = largest,
							     .count = full ? 2 : 0,
							     .looked_at = full ? 3 : 0,
							     .after_ns = full ? 4 : 0,
							     .cut = full },
						.known = 3,
						.bytes = { 1, 2 },
						.zones = &zone,
						.zone_count = 1,
						.why = full ? name : NULL };
	const struct record_candidate candidate = {
		.pid = 1, .comm = name, .in_pages = full, .has_total_vm = true, .has_rss = true, .rss = 2
	};
	const struct record_candidates candidates = { .count = 1, .first = &candidate, .first_count = 1 };
	const char *const ambiguous[] = { name };
	const struct record_log log = {
		.file = name,
		.first_line = 1,
		.last_line = 2,
		.dump = "full",
		.inside_write = full ? INSIDE_WRITE_PERHAPS : INSIDE_WRITE_NO,
		.asked_for = full ? name : NULL,
		.candidates = full ? &candidates : NULL,
		.machine = &machine,
		.ambiguous = ambiguous,
		.ambiguous_count = full,
	};
	write_pairs(sink, name, full, &log);
}
#endif
