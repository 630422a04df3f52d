// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/before.h"

#define SECOND 1000000000ULL
#define MIB(n) ((uint64_t)(n) << 20)

/* A snapshot of one process whose heap and file are so large. */
static void note_some(struct before *before, uint64_t cgroup_id, uint64_t ts_ns, bool again, uint64_t heap,
		      uint64_t file, bool whole)
{
	const struct record_snapshot_part parts[] = {
		{ SMAPS_HEAP, NULL, { .rss_bytes = heap, .swap_bytes = MIB(1) } },
		{ SMAPS_FILE, "/lib/x", { .rss_bytes = file } },
	};
	const struct record_snapshot_process process = {
		.has_parts = whole, .pid = 7, .comm = "java", .parts = parts, .part_count = file ? 2 : 1
	};
	const struct record record = { .kind = RECORD_SNAPSHOT,
				       .time.boot_ns = ts_ns,
				       .snapshot = { .cgroup_id = cgroup_id,
						     .percent = 90,
						     .again = again,
						     .processes = &process,
						     .process_count = 1 } };

	before__note(before, &record);
}

static void note(struct before *before, uint64_t cgroup_id, uint64_t ts_ns, bool again, uint64_t heap,
		 uint64_t file)
{
	note_some(before, cgroup_id, ts_ns, again, heap, file, true);
}

/* What was read in part, the first time or the second one, says nothing of growth; and there is at least so much. */
static void test_in_part(void **state)
{
	struct before *before = before__new();
	struct record_before b;

	(void)state;
	for (int first = 0; first < 2; first++) {
		for (int second = 0; second < 2; second++) {
			note_some(before, 3, 10 * SECOND, false, MIB(100), MIB(2), first);
			note_some(before, 3, 20 * SECOND, true, MIB(300), MIB(3), second);
			assert_true(before__find(before, 3, 21 * SECOND, &b));
			assert_int_equal(b.count, 2);
			for (size_t i = 0; i < b.count; i++) {
				assert_int_equal(b.parts[i].at_least, !first);
				assert_int_equal(b.parts[i].has_growth, first && second);
			}
		}
	}
	before__free(before);
}

static void test_growth(void **state)
{
	struct before *before = before__new();
	struct record_before b;

	(void)state;
	assert_false(before__find(before, 3, SECOND, &b));
	note(before, 3, 10 * SECOND, false, MIB(379), MIB(12));
	assert_false(before__find(before, 4, 20 * SECOND, &b));
	assert_false(before__find(before, 0, 20 * SECOND, &b));
	assert_true(before__find(before, 3, 12 * SECOND, &b));
	assert_int_equal(b.percent, 90);
	assert_int_equal(b.since_ns, 2 * SECOND);
	assert_int_equal(b.growth_ns, 0);
	assert_int_equal(b.count, 2);
	assert_int_equal(b.parts[0].kind, SMAPS_HEAP);
	assert_null(b.parts[0].name);
	assert_string_equal(b.parts[0].comm, "java");
	assert_int_equal(b.parts[0].bytes, MIB(380));
	assert_false(b.parts[0].has_growth);
	assert_string_equal(b.parts[1].name, "/lib/x");

	/* One of them is there no more: that isn't a growth of anything. */
	note(before, 3, 20 * SECOND, true, MIB(300), 0);
	assert_true(before__find(before, 3, 51 * SECOND, &b));
	assert_int_equal(b.since_ns, 41 * SECOND);
	assert_int_equal(b.growth_ns, 10 * SECOND);
	assert_int_equal(b.parts[0].bytes, MIB(380));
	assert_true(b.parts[0].has_growth);
	assert_int_equal(b.parts[0].growth_bytes, -(int64_t)MIB(79));
	assert_false(b.parts[1].has_growth);

	/* The next climb. */
	note(before, 3, 100 * SECOND, false, MIB(1), 0);
	assert_true(before__find(before, 3, 101 * SECOND, &b));
	assert_int_equal(b.growth_ns, 0);
	assert_int_equal(b.count, 1);
	assert_false(before__find(before, 3, 99 * SECOND, &b));
	assert_false(before__find(before, 3, 701 * SECOND, &b));
	before__free(before);
}

/* A snapshot of a process that has mapped a file in tmpfs of so many bytes, and has 1 MiB of copies of its pages. */
static void note_tmpfs(struct before *before, uint64_t ts_ns, bool again, uint64_t bytes, uint64_t copies)
{
	const struct record_snapshot_part part = { SMAPS_FILE,
						   "/t/x",
						   { .rss_bytes = bytes + copies, .anon_bytes = copies } };
	const struct record_snapshot_process process = {
		.has_parts = true, .pid = 7, .comm = "java", .parts = &part, .part_count = 1
	};
	const struct record_tmpfs_file files[] = { { "/t/x", bytes, false }, { "/t/y", MIB(9), true } };
	const struct record_tmpfs tmpfs = { .largest = files, .largest_count = again ? 1 : 2 };
	const struct cgroup_memory memory = { .shmem_bytes = MIB(50), .file_bytes = MIB(50) + bytes };
	const struct record record = { .kind = RECORD_SNAPSHOT,
				       .time.boot_ns = ts_ns,
				       .snapshot = { .cgroup_id = 3,
						     .percent = 90,
						     .again = again,
						     .processes = &process,
						     .process_count = 1,
						     .memory = bytes ? &memory : NULL,
						     .tmpfs = bytes ? &tmpfs : NULL } };

	before__note(before, &record);
}

static void test_tmpfs(void **state)
{
	struct before *before = before__new();
	struct record_before b;

	(void)state;
	note_tmpfs(before, 10 * SECOND, false, MIB(40), MIB(2));
	note_tmpfs(before, 20 * SECOND, true, MIB(45), MIB(1));
	assert_true(before__find(before, 3, 21 * SECOND, &b));
	assert_int_equal(b.count, 3);
	assert_true(b.parts[0].is_tmpfs && !b.parts[0].is_machine && b.parts[0].has_growth);
	assert_string_equal(b.parts[0].name, "/t/x");
	assert_int_equal(b.parts[0].pid, 7);
	assert_string_equal(b.parts[0].comm, "java");
	assert_int_equal(b.parts[0].bytes, MIB(40));
	assert_int_equal(b.parts[0].growth_bytes, MIB(5));
	assert_int_equal(b.memory->file_bytes, MIB(90));
	assert_true(b.has_cache_growth);
	assert_int_equal(b.cache_growth_bytes, MIB(5));
	/* It wasn't among the largest any more. */
	assert_true(b.parts[1].is_tmpfs && b.parts[1].is_machine && !b.parts[1].has_growth);
	assert_string_equal(b.parts[1].name, "/t/y");
	assert_int_equal(b.parts[1].pid, 0);
	assert_null(b.parts[1].comm);
	assert_true(b.parts[2].is_copy && b.parts[2].has_growth);
	assert_int_equal(b.parts[2].bytes, MIB(2));
	assert_int_equal(b.parts[2].growth_bytes, -(int64_t)MIB(1));
	/* They weren't read in the next one. */
	note_tmpfs(before, 30 * SECOND, true, 0, MIB(1));
	assert_true(before__find(before, 3, 31 * SECOND, &b));
	assert_false(b.parts[0].has_growth || b.has_cache_growth);
	assert_non_null(b.memory);
	/* Nor in the first. */
	note_tmpfs(before, 40 * SECOND, false, 0, MIB(1));
	note_tmpfs(before, 50 * SECOND, true, MIB(40), MIB(1));
	assert_true(before__find(before, 3, 51 * SECOND, &b));
	assert_null(b.memory);
	assert_false(b.has_cache_growth);
	before__free(before);
}

/* The oldest goes first. */
static void test_many(void **state)
{
	struct before *before = before__new();
	struct record_before b;

	(void)state;
	for (uint64_t i = 1; i <= 65; i++)
		note(before, i, i * SECOND, false, MIB(i), 0);
	assert_false(before__find(before, 1, 70 * SECOND, &b));
	assert_true(before__find(before, 2, 70 * SECOND, &b));
	assert_true(before__find(before, 65, 70 * SECOND, &b));
	assert_int_equal(b.parts[0].bytes, MIB(66));
	/* Not of a cgroup of which none is known. */
	note(before, 99, 70 * SECOND, true, MIB(1), 0);
	assert_false(before__find(before, 99, 71 * SECOND, &b));
	before__free(before);
}

/* A process with an open file that it has mapped, too, and one that others may have been charged for. */
static void note_open(struct before *before, uint64_t ts_ns, bool again, uint64_t bytes, uint64_t cache)
{
	const struct record_snapshot_part parts[] = {
		{ SMAPS_FILE, "/d/x", { .mappings = 1, .rss_bytes = MIB(30), .anon_bytes = MIB(2) } },
	};
	const struct record_snapshot_process process = {
		.pid = 7, .comm = "java", .has_parts = true, .parts = parts, .part_count = 1
	};
	const struct record_snapshot_file files[] = { { "/d/y", MIB(500), 7, "java" },
						      { "/d/x", bytes, 7, "java" } };
	const struct cgroup_memory memory = { .file_bytes = cache };
	const struct record record = { .kind = RECORD_SNAPSHOT,
				       .time = { .boot_ns = ts_ns },
				       .snapshot = { .cgroup_id = 3,
						     .percent = 90,
						     .again = again,
						     .processes = &process,
						     .process_count = 1,
						     .memory = cache ? &memory : NULL,
						     .has_files = true,
						     .files = files,
						     .file_count = 2 } };

	before__note(before, &record);
}

static void test_open(void **state)
{
	struct before *before = before__new();
	struct record_before b;

	(void)state;
	assert_non_null(before);
	note_open(before, 10 * SECOND, false, MIB(40), MIB(60));
	note_open(before, 20 * SECOND, true, MIB(45), MIB(60));
	assert_true(before__find(before, 3, 21 * SECOND, &b));
	/* Of /d/y the cgroup can't have most. What is mapped of /d/x is in it, but for the process's copies. */
	assert_int_equal(b.count, 2);
	assert_true(b.parts[0].is_cache && b.parts[0].pid == 7 && b.parts[0].bytes == MIB(40));
	assert_string_equal(b.parts[0].name, "/d/x");
	assert_string_equal(b.parts[0].comm, "java");
	assert_true(b.parts[0].has_growth && b.parts[0].growth_bytes == (int64_t)MIB(5));
	assert_true(b.parts[1].is_copy && b.parts[1].bytes == MIB(2));
	/* Nobody knows what the cgroup has: only the mapping is told. */
	note_open(before, 30 * SECOND, false, MIB(40), 0);
	assert_true(before__find(before, 3, 31 * SECOND, &b));
	assert_int_equal(b.count, 1);
	assert_true(!b.parts[0].is_cache && !b.parts[0].is_copy && b.parts[0].bytes == MIB(30));
	before__free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_growth), cmocka_unit_test(test_in_part),
					    cmocka_unit_test(test_many), cmocka_unit_test(test_tmpfs),
					    cmocka_unit_test(test_open) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
