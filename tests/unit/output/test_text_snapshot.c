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
	before.parts[1] = (struct record_before_part){
		.pid = 12, .comm = "java", .name = "/data/x\n", .bytes = 300 * MIB, .is_cache = true
	};
	before.parts[1].has_growth = true;
	before.parts[1].growth_bytes = 2 * (int64_t)MIB;
	before.count = 2;
	expect_before(
		&before,
		"    held      at 90 %, 41.0 s before: heap of java (pid 12) 380.0 MiB (+62.0 MiB in 10.0 s), page "
		"cache of /data/x\\x0a, open in java (pid 12), 300.0 MiB (+2.0 MiB in 10.0 s)\n");
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

#define AT_80 "1970-01-01 (UTC)\n00:00:00.000  /x at 80 % of its limit of 512.0 MiB: 2 processes; "

/* Two processes with mappings of files in tmpfs, and the files. */
static struct {
	struct record_snapshot_part a[3], b[2];
	struct record_snapshot_process processes[2];
	struct record_tmpfs_file files[4];
	struct record_tmpfs tmpfs;
	struct cgroup_memory memory;
	struct record_snapshot snapshot;
} mapped;

static void make_mapped(void)
{
	mapped.a[0] = (struct record_snapshot_part){ SMAPS_SHARED, "/dev/shm/y", sum(30, 9) };
	mapped.a[1] = (struct record_snapshot_part){ SMAPS_FILE, FILE_123, sum(20, 0) };
	mapped.a[2] = (struct record_snapshot_part){ SMAPS_MEMFD, "/dev/shm/z", sum(7, 0) };
	mapped.b[0] = (struct record_snapshot_part){ SMAPS_SHARED, "/dev/shm/y", sum(31, 0) };
	mapped.b[1] = (struct record_snapshot_part){ SMAPS_FILE, "shm/y", sum(2, 0) };
	mapped.processes[0] = (struct record_snapshot_process){
		.pid = 1, .comm = "a", .has_parts = true, .parts = mapped.a, .part_count = 3
	};
	mapped.processes[1] = (struct record_snapshot_process){
		.pid = 2, .comm = "b", .has_parts = true, .parts = mapped.b, .part_count = 2
	};
	mapped.files[0] = (struct record_tmpfs_file){ "/run/z", 200 * MIB, true };
	mapped.files[1] = (struct record_tmpfs_file){ "/dev/shm/y", 40 * MIB, true };
	mapped.files[2] = (struct record_tmpfs_file){ "/long" FILE_123, 20 * MIB, false };
	mapped.files[3] = (struct record_tmpfs_file){ "/dev/shm/\n", 10 * MIB, false };
	mapped.tmpfs = (struct record_tmpfs){ .largest = mapped.files, .largest_count = 4 };
	mapped.memory = (struct cgroup_memory){ .shmem_bytes = 70 * MIB };
	mapped.snapshot = (struct record_snapshot){ .cgroup = "/x",
						    .percent = 80,
						    .max_bytes = 512 * MIB,
						    .duration_ns = 1,
						    .seen = 2,
						    .processes = mapped.processes,
						    .process_count = 2,
						    .memory = &mapped.memory,
						    .tmpfs = &mapped.tmpfs };
}

/* The same memory comes once: a file in tmpfs that is mapped is no part of a process. */
static void test_tmpfs(void **state)
{
	(void)state;
	make_mapped();
	/* So much as /run/z has isn't the cgroup's. */
	expect_line(
		&mapped.snapshot, TEXT_DEFAULT,
		AT_80
		"file in a tmpfs of the machine /dev/shm/y of b (pid 2) 40.0 MiB, file in tmpfs /long" FILE_123
		" of a (pid 1) 20.0 MiB, file in tmpfs /dev/shm/\\x0a 10.0 MiB, memfd /dev/shm/z of a (pid 1) "
		"7.0 MiB, shm/y of b (pid 2) 2.0 MiB\n");
	/* Pages that a process has copied are its own. */
	mapped.b[0].sum.anon_bytes = 3 * MIB;
	mapped.files[3].bytes = 0;
	expect_line(
		&mapped.snapshot, TEXT_DEFAULT,
		AT_80
		"file in a tmpfs of the machine /dev/shm/y of b (pid 2) 40.0 MiB, file in tmpfs /long" FILE_123
		" of a (pid 1) 20.0 MiB, memfd /dev/shm/z of a (pid 1) 7.0 MiB, copied pages of /dev/shm/y of b "
		"(pid 2) 3.0 MiB, shm/y of b (pid 2) 2.0 MiB\n");
}

static void test_tmpfs_alone(void **state)
{
	(void)state;
	make_mapped();
	/* Of files in mounts of the machine it isn't known whose they are, then. */
	mapped.snapshot.memory = NULL;
	expect_line(
		&mapped.snapshot, TEXT_DEFAULT,
		AT_80
		"shared memory /dev/shm/y of a (pid 1) 39.0 MiB, shared memory /dev/shm/y of b (pid 2) 31.0 MiB, "
		"file in tmpfs /long" FILE_123
		" of a (pid 1) 20.0 MiB, file in tmpfs /dev/shm/\\x0a 10.0 MiB, "
		"memfd /dev/shm/z of a (pid 1) 7.0 MiB\n");
	/* No process is in the record. */
	mapped.snapshot.memory = &mapped.memory;
	mapped.memory.file_bytes = 170 * MIB;
	mapped.snapshot.process_count = 0;
	mapped.tmpfs.largest_count = 2;
	expect_line(&mapped.snapshot, TEXT_DEFAULT,
		    AT_80 "file in a tmpfs of the machine /dev/shm/y 40.0 MiB; page cache 100.0 MiB\n");
}

static void test_page_cache(void **state)
{
	struct cgroup_memory memory = { .anon_bytes = 380 * MIB,
					.file_bytes = 100 * MIB,
					.shmem_bytes = 40 * MIB,
					.mapped_bytes = 12 * MIB,
					.dirty_bytes = 3 * MIB };
	struct record_before before = {
		.percent = 90,
		.since_ns = 41 * SECOND,
		.growth_ns = 10 * SECOND,
		.parts = { { .pid = 1, .comm = "a", .kind = SMAPS_HEAP, .bytes = MIB } },
		.count = 1,
		.memory = &memory
	};

	(void)state;
#define HELD "    held      at 90 %, 41.0 s before: heap of a (pid 1) 1.0 MiB"
	expect_before(&before,
		      HELD "; page cache 60.0 MiB, at most 12.0 MiB of it mapped, 3.0 MiB not yet written\n");
	before.has_cache_growth = true;
	before.cache_growth_bytes = -2 * (int64_t)MIB;
	memory.dirty_bytes = 0;
	memory.mapped_bytes = 61 * MIB;
	expect_before(&before,
		      HELD "; page cache 60.0 MiB (-2.0 MiB in 10.0 s), at most 60.0 MiB of it mapped\n");
	memory.shmem_bytes = 0;
	expect_before(&before, HELD "; page cache 100.0 MiB (-2.0 MiB in 10.0 s), 61.0 MiB of it mapped\n");
	before.cache_growth_bytes = 0;
	memory.mapped_bytes = 0;
	expect_before(&before, HELD "; page cache 100.0 MiB\n");
	/* 20 and 19 of 400 MiB. */
	memory.file_bytes = 20 * MIB;
	expect_before(&before, HELD "; page cache 20.0 MiB\n");
	memory.file_bytes = 19 * MIB;
	expect_before(&before, HELD "\n");
	memory.file_bytes = memory.shmem_bytes = 100 * MIB;
	expect_before(&before, HELD "\n");
	memory.shmem_bytes++; /* they aren't of one moment */
	expect_before(&before, HELD "\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_before), cmocka_unit_test(test_line),
					    cmocka_unit_test(test_tmpfs), cmocka_unit_test(test_tmpfs_alone),
					    cmocka_unit_test(test_page_cache) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
