/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of JSON Lines write of snapshots of memory. */
#ifndef VARIANTS_SNAPSHOT_H
#define VARIANTS_SNAPSHOT_H

#include "take.h"
#include "jsonl/variants_tmpfs.h"
#include "record/sink.h"

static inline void write_snapshots(struct sink *sink, const struct variant *v)
{
	const struct smaps_sum sum = { UINT64_MAX, 2, 3, 4, 5, 6 };
	const struct record_snapshot_part parts[] = { { SMAPS_FILE, v->name, sum },
						      { SMAPS_OTHERS, NULL, sum } };
	const struct record_snapshot_mapping largest[] = { { UINT64_MAX, 2, 3, 4, v->name },
							   { 1, 2, 3, 4, NULL } };
	const struct record_snapshot_process processes[] = {
		{ .pid = 1,
		  .threads = 2,
		  .comm = v->name,
		  .has_total = true,
		  .has_parts = v->full,
		  .has_mappings = true,
		  .total = sum,
		  .rest = sum,
		  .parts = parts,
		  .part_count = 2,
		  .largest = largest,
		  .largest_count = 2 },
		{ .pid = 2, .comm = v->name, .has_total = v->full, .total = { 0, 2, 3, 4, 5, 0 } },
	};
	const struct cgroup_memory memory = { UINT64_MAX, 2, 3, 4, 5, 6 };
	const struct record_snapshot_file files[] = { { v->name, UINT64_MAX, 1, v->name },
						      { "/x", 4096, UINT32_MAX, NULL } };
	const struct record_snapshot snapshot = { .cgroup_id = 3,
						  .cgroup = v->full ? v->name : NULL,
						  .container = docker(v),
						  .usage_bytes = 90,
						  .max_bytes = 100,
						  .percent = 90,
						  .since_mark_ns = 1,
						  .duration_ns = v->full ? 2 : 0,
						  .again = v->full,
						  .frozen = v->full,
						  .seen = 7,
						  .more = v->full,
						  .processes = processes,
						  .process_count = 2,
						  .memory = v->full ? &memory : NULL,
						  .tmpfs = v->full ? variants_tmpfs(v->name, true) : NULL,
						  .has_files = true,
						  .files = files,
						  .file_count = v->full ? 2 : 0 };

	assert_int_equal(TAKE(sink, SNAPSHOT, snapshot, TIME, snapshot), 0);
}

/* Valid until the next call. */
static inline const struct record_before *variants_before(const char *name)
{
	static const struct cgroup_memory memory = { 1, 2, 3, 4, 5, UINT64_MAX };
	static struct record_before before;

	before = (struct record_before){ .percent = 90,
					 .since_ns = 41,
					 .growth_ns = 10,
					 .count = 5,
					 .memory = &memory,
					 .has_cache_growth = true,
					 .cache_growth_bytes = INT64_MIN };
	before.parts[0] = (struct record_before_part){ .pid = 1,
						       .comm = name,
						       .kind = SMAPS_HEAP,
						       .bytes = 380,
						       .has_growth = true,
						       .growth_bytes = INT64_MIN };
	before.parts[1] = (struct record_before_part){
		.pid = 1, .comm = name, .kind = SMAPS_ANON, .name = name, .bytes = 40, .at_least = true
	};
	before.parts[2] = (struct record_before_part){
		.name = name, .bytes = 30, .has_growth = true, .growth_bytes = 1, .is_tmpfs = true
	};
	before.parts[3] = (struct record_before_part){
		.pid = 1, .comm = name, .name = "/x", .bytes = 20, .is_tmpfs = true, .is_machine = true
	};
	before.parts[4] = (struct record_before_part){
		.pid = 1, .comm = name, .kind = SMAPS_FILE, .name = "/x", .bytes = 10, .is_copy = true
	};
	return &before;
}

#endif
