// SPDX-License-Identifier: GPL-2.0-only
/* What the memory held, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "output/text.h"
#include "output/text_snapshot.h"

#define MIB (1ULL << 20)
#define SECOND 1000000000ULL

static struct smaps_sum sum(uint64_t mib, uint64_t swap_mib)
{
	return (struct smaps_sum){ .rss_bytes = mib * MIB, .swap_bytes = swap_mib * MIB, .mappings = 1 };
}

static void expect_before(const struct record_before *before, const char *want)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct text_sink *sink = (struct text_sink *)text__new(out, (struct text_look){ 0 });

	text_snapshot__before(sink, before);
	fflush(sink->base.out);
	fflush(out);
	assert_string_equal(text, want);
	sink->base.ops->free(&sink->base);
	fclose(out);
	free(text);
}

static void test_before(void **state)
{
	struct record_before before = {
		.percent = 90,
		.since_ns = 41 * SECOND,
		.growth_ns = 10 * SECOND,
		.parts = { { 12, "java", SMAPS_HEAP, NULL, 380 * MIB, true, 62 * (int64_t)MIB },
			   { 12, "java", SMAPS_FILE, "/dev/x\n", 40 * MIB, false, 0 },
			   { 13, "\033[2J", SMAPS_ANON, "Go: heap", 3 * MIB, true, -(int64_t)MIB } },
		.count = 3,
	};

	(void)state;
	expect_before(
		&before,
		"    held      at 90 %, 41.0 s before: heap of java (pid 12) 380.0 MiB (+62.0 MiB in 10.0 s), "
		"/dev/x\\x0a of java (pid 12) 40.0 MiB, anonymous memory Go: heap of \\x1b[2J (pid 13) 3.0 MiB (-1.0 "
		"MiB in 10.0 s)\n");
	/* What hasn't grown, and what is small beside it. */
	before.parts[0].growth_bytes = 0;
	before.parts[1].bytes = MIB;
	expect_before(&before, "    held      at 90 %, 41.0 s before: heap of java (pid 12) 380.0 MiB\n");
	before.parts[0].at_least = true;
	expect_before(&before,
		      "    held      at 90 %, 41.0 s before: heap of java (pid 12) at least 380.0 MiB\n");
	before.parts[0].at_least = false;
	before.parts[0] = (struct record_before_part){ .name = "/run/x",
						       .bytes = 40 * MIB,
						       .has_growth = true,
						       .growth_bytes = 2 * (int64_t)MIB,
						       .is_tmpfs = true };
	before.count = 1;
	expect_before(
		&before,
		"    held      at 90 %, 41.0 s before: file in tmpfs /run/x 40.0 MiB (+2.0 MiB in 10.0 s)\n");
	before.parts[0] = (struct record_before_part){
		.pid = 12, .comm = "java", .kind = SMAPS_HEAP, .bytes = 380 * MIB, .has_growth = true
	};
	before.parts[0].has_growth = false;
	expect_before(&before, "    held      at 90 %, 41.0 s before: heap of java (pid 12) 380.0 MiB\n");
}

static void expect_line(const struct record_snapshot *snapshot, enum text_detail detail, const char *want)
{
	const struct record record = { .kind = RECORD_SNAPSHOT, .snapshot = *snapshot };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct sink *sink = text__new(out, (struct text_look){ .detail = detail });

	assert_int_equal(sink__take(sink, &record), 0);
	fflush(out);
	assert_string_equal(text ? text : "", want);
	sink->ops->free(sink);
	fclose(out);
	free(text);
}

static void test_line(void **state)
{
	const struct record_snapshot_part few[] = { { SMAPS_MEMFD, "x", sum(7, 0) },
						    { SMAPS_HEAP, NULL, sum(0, 0) } };
	const struct record_snapshot_part many[] = { { SMAPS_ANON, NULL, sum(9, 3) },
						     { SMAPS_SHARED, "/dev/shm/y", sum(6, 0) },
						     { SMAPS_STACK, NULL, sum(5, 0) },
						     { SMAPS_OTHERS, NULL, sum(4, 0) },
						     { SMAPS_SPECIAL, "[vdso]", sum(3, 0) } };
	const struct record_snapshot_process processes[] = {
		{ .pid = 1, .comm = "a", .parts = few, .part_count = 2 },
		{ .pid = 2, .comm = "b", .has_parts = true, .parts = many, .part_count = 5 },
	};
	struct record_snapshot snapshot = { .cgroup = "/x",
					    .percent = 80,
					    .max_bytes = 512 * MIB,
					    .since_mark_ns = SECOND,
					    .duration_ns = 1,
					    .seen = 2,
					    .processes = processes,
					    .process_count = 2 };

	(void)state;
	expect_line(
		&snapshot, TEXT_DEFAULT,
		"1970-01-01 (UTC)\n00:00:00.000  /x at 80 % of its limit of 512.0 MiB: 2 processes; anonymous memory of "
		"b (pid 2) 12.0 MiB, memfd x of a (pid 1) at least 7.0 MiB, shared memory /dev/shm/y of b (pid 2) 6.0 MiB, "
		"stack of b (pid 2) 5.0 MiB, other mappings of b (pid 2) 4.0 MiB\n");
	expect_line(&snapshot, TEXT_BRIEF, "");
	snapshot.again = snapshot.more = true;
	snapshot.duration_ns = 0;
	snapshot.process_count = 0;
	expect_line(
		&snapshot, TEXT_ALL,
		"1970-01-01 (UTC)\n00:00:00.000  /x, 1.0 s after it was at 80 % of its limit of 512.0 MiB: 2 or more "
		"processes; not all could be read in time\n");
}

#define FILE_123 \
	"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

_Static_assert(sizeof(FILE_123) == SMAPS__NAME_SIZE, "the longest name of a mapping");

/* The same memory comes once: a file in tmpfs that is mapped is no part of a process. */
static void test_tmpfs(void **state)
{
	const struct record_snapshot_part a[] = { { SMAPS_SHARED, "/dev/shm/y", sum(30, 9) },
						  { SMAPS_FILE, FILE_123, sum(20, 0) },
						  { SMAPS_MEMFD, "/dev/shm/z", sum(7, 0) } };
	struct record_snapshot_part b[] = { { SMAPS_SHARED, "/dev/shm/y", sum(31, 0) },
					    { SMAPS_FILE, "shm/y", sum(2, 0) } };
	const struct record_snapshot_process processes[] = {
		{ .pid = 1, .comm = "a", .has_parts = true, .parts = a, .part_count = 3 },
		{ .pid = 2, .comm = "b", .has_parts = true, .parts = b, .part_count = 2 },
	};
	struct record_tmpfs_file files[] = { { "/run/z", 200 * MIB, true },
					     { "/dev/shm/y", 40 * MIB, true },
					     { "/long" FILE_123, 20 * MIB, false },
					     { "/dev/shm/\n", 10 * MIB, false } };
	const struct record_tmpfs tmpfs = { .largest = files, .largest_count = 4 };
	struct cgroup_memory memory = { .shmem_bytes = 70 * MIB };
	struct record_snapshot snapshot = { .cgroup = "/x",
					    .percent = 80,
					    .max_bytes = 512 * MIB,
					    .duration_ns = 1,
					    .seen = 2,
					    .processes = processes,
					    .process_count = 2,
					    .memory = &memory,
					    .tmpfs = &tmpfs };

	(void)state;
	/* So much as /run/z has isn't the cgroup's. */
	expect_line(
		&snapshot, TEXT_DEFAULT,
		"1970-01-01 (UTC)\n00:00:00.000  /x at 80 % of its limit of 512.0 MiB: 2 processes; file in a tmpfs "
		"of the machine /dev/shm/y of b (pid 2) 40.0 MiB, file in tmpfs /long" FILE_123
		" of a (pid 1) 20.0 MiB, file in tmpfs /dev/shm/\\x0a 10.0 MiB, memfd /dev/shm/z of a (pid 1) 7.0 MiB, "
		"shm/y of b (pid 2) 2.0 MiB\n");
	/* Pages that a process has copied are its own. */
	b[0].sum.anon_bytes = 3 * MIB;
	files[3].bytes = 0;
	expect_line(
		&snapshot, TEXT_DEFAULT,
		"1970-01-01 (UTC)\n00:00:00.000  /x at 80 % of its limit of 512.0 MiB: 2 processes; file in a tmpfs "
		"of the machine /dev/shm/y of b (pid 2) 40.0 MiB, file in tmpfs /long" FILE_123
		" of a (pid 1) 20.0 MiB, memfd /dev/shm/z of a (pid 1) 7.0 MiB, copied pages of /dev/shm/y of b (pid 2) "
		"3.0 MiB, shm/y of b (pid 2) 2.0 MiB\n");
	/* Of files in mounts of the machine it isn't known, then. */
	snapshot.memory = NULL;
	expect_line(
		&snapshot, TEXT_DEFAULT,
		"1970-01-01 (UTC)\n00:00:00.000  /x at 80 % of its limit of 512.0 MiB: 2 processes; shared memory "
		"/dev/shm/y of a (pid 1) 39.0 MiB, shared memory /dev/shm/y of b (pid 2) 31.0 MiB, file in tmpfs "
		"/long" FILE_123
		" of a (pid 1) 20.0 MiB, memfd /dev/shm/z of a (pid 1) 7.0 MiB, shm/y of b (pid 2) "
		"2.0 MiB\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_before), cmocka_unit_test(test_line),
					    cmocka_unit_test(test_tmpfs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
