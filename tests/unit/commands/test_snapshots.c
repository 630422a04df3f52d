// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "commands/snapshots.h"

static struct snapshots s;
static struct snapshot written;

/* A file as the process that reads would leave it. */
static int file_of(void)
{
	int fd = memfd_create("snapshot", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, &written, sizeof(written)), sizeof(written));
	return fd;
}

static int read_written(uint64_t took_ns, struct record_snapshot *out, uint64_t *began_ns)
{
	int fd = file_of(), err = snapshots__read(&s, "/a", fd, took_ns, 100 * NS_PER_S, out, began_ns);

	close(fd);
	return err;
}

static void begin(void)
{
	snapshots__init(&s);
	memset(&written, 0, sizeof(written));
	written.began_ns = 5;
	written.ended_ns = 8;
	written.seen = 3;
	written.count = 1;
	written.processes[0].pid = 7;
}

static void test_once_a_while(void **state)
{
	uint64_t now_ns = NS_PER_S;

	(void)state;
	begin();
	assert_true(snapshots__may(&s, "/a", 3, now_ns));
	assert_false(snapshots__may(&s, "/a", 3, now_ns + 29 * NS_PER_S));
	assert_true(snapshots__may(&s, "/a", 4, now_ns + 29 * NS_PER_S));
	assert_true(snapshots__may(&s, "/a", 3, now_ns + 31 * NS_PER_S));
}

/* What they take is a fiftieth of the time, and two seconds at once. */
static void test_budget(void **state)
{
	struct record_snapshot out = {};
	uint64_t now_ns = 100 * NS_PER_S, began_ns;

	(void)state;
	begin();
	for (uint64_t i = 1; i <= 2; i++) {
		assert_true(snapshots__may(&s, "/a", i, now_ns));
		assert_int_equal(read_written(NS_PER_S, &out, &began_ns), 0);
	}
	assert_false(snapshots__may(&s, "/a", 3, now_ns));
	assert_false(snapshots__may(&s, "/a", 3, now_ns - NS_PER_S));
	assert_true(snapshots__may(&s, "/a", 3, now_ns + 2 * NS_PER_S));
	/* Nobody has read anything. */
	assert_int_equal(snapshots__read(&s, "/a", -1, 0, now_ns, &out, &began_ns), -ENODATA);
	assert_true(snapshots__may(&s, "/a", 4, now_ns + 2 * NS_PER_S));
	/* One that hung has cost all the time until it was killed: of 5 s there are 3 to wait for, at a fiftieth. */
	written.ended_ns = 0;
	assert_int_equal(read_written(5 * NS_PER_S, &out, &began_ns), 0);
	assert_false(snapshots__may(&s, "/a", 5, now_ns + 240 * NS_PER_S));
	/* Others have theirs meanwhile, and 3 s of 10 s. */
	assert_true(snapshots__may(&s, "/b", 6, now_ns + 2 * NS_PER_S));
	assert_true(snapshots__may(&s, "/a", 5, now_ns + 260 * NS_PER_S));
}

static void test_later(void **state)
{
	const struct record_container container = { .name = "web" };
	const struct record_snapshot at_mark = { .cgroup_id = 3, .percent = 90, .process_count = 1 };
	const struct snapshots_later *later;

	(void)state;
	begin();
	snapshots__note(&s, "/a", &container, &at_mark, NS_PER_S);
	snapshots__note(&s, "/b", &container, &at_mark, NS_PER_S);
	assert_null(snapshots__due(&s, 10 * NS_PER_S));
	snapshots__forget(&s, "/b");
	snapshots__forget(&s, NULL);
	later = snapshots__due(&s, 11 * NS_PER_S);
	assert_non_null(later);
	assert_string_equal(later->cgroup, "/a");
	assert_string_equal(later->container.name, "web");
	assert_true(later->snapshot.again && !later->snapshot.process_count && later->mark_ns == NS_PER_S);
	assert_null(snapshots__due(&s, 11 * NS_PER_S));
	/* One owner has half of the room, and others what is left. */
	for (int i = 0; i < 2 * SNAPSHOTS__LATER; i++)
		snapshots__note(&s, "/c", &container, &at_mark, NS_PER_S);
	for (int i = 0; i < SNAPSHOTS__LATER / 2; i++)
		assert_non_null(snapshots__due(&s, 11 * NS_PER_S));
	assert_null(snapshots__due(&s, 11 * NS_PER_S));
	for (int i = 0; i < 2 * SNAPSHOTS__LATER; i++) {
		char cgroup[16];

		snprintf(cgroup, sizeof(cgroup), "/%d", i);
		snapshots__note(&s, cgroup, &container, &at_mark, NS_PER_S);
	}
	for (int i = 0; i < SNAPSHOTS__LATER; i++)
		assert_non_null(snapshots__due(&s, 11 * NS_PER_S));
	assert_null(snapshots__due(&s, 11 * NS_PER_S));
}

/* A hook may hold the cgroup still for long, but what comes of it is of no use for ever. */
static void test_put_off(void **state)
{
	const struct record_container container = {};
	const struct record_snapshot again = { .cgroup_id = 3, .again = true };
	const struct snapshots_later *later;

	(void)state;
	begin();
	snapshots__put_off(&s, "/a", &container, &again, NS_PER_S, 11 * NS_PER_S);
	assert_null(snapshots__due(&s, 11 * NS_PER_S));
	later = snapshots__due(&s, 12 * NS_PER_S);
	assert_non_null(later);
	assert_true(later->mark_ns == NS_PER_S && later->snapshot.again);
	snapshots__put_off(&s, "/a", &container, &again, NS_PER_S, 11 * NS_PER_S);
	snapshots__forget(&s, "/a");
	assert_null(snapshots__due(&s, 12 * NS_PER_S));
	snapshots__put_off(&s, "/a", &container, &again, NS_PER_S, 602 * NS_PER_S);
	assert_null(snapshots__due(&s, 700 * NS_PER_S));
}

/* Who has written it may be out of order. */
static void test_untrusted(void **state)
{
	struct record_snapshot out = {};
	uint64_t began_ns;
	int fd = memfd_create("short", MFD_CLOEXEC);

	(void)state;
	begin();
	memset(written.processes[0].comm, 'x', sizeof(written.processes[0].comm));
	written.processes[0].part_count = 1;
	memset(written.processes[0].parts[0].name, 'y', SMAPS__NAME_SIZE);
	assert_int_equal(read_written(3, &out, &began_ns), 0);
	assert_int_equal(began_ns, 5);
	assert_int_equal(out.duration_ns, 3);
	assert_int_equal(strlen(out.processes[0].comm), 15);
	assert_int_equal(strlen(out.processes[0].parts[0].name), SMAPS__NAME_SIZE - 1);
	assert_false(out.processes[0].has_total || out.processes[0].has_parts);
	written.processes[0].parts[0].kind = SMAPS_KINDS;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	written.processes[0].part_count = SNAPSHOT__PARTS + 1;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	written.processes[0].part_count = 0;
	written.processes[0].largest_count = SMAPS__LARGEST + 1;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	begin();
	written.count = SNAPSHOT__PROCESSES + 1;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	written.count = 0;
	assert_int_equal(read_written(3, &out, &began_ns), -ENODATA);
	written.ended_ns = 1;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	begin();
	written.began_ns = 0;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	assert_int_equal(snapshots__read(&s, "/a", fd, 3, NS_PER_S, &out, &began_ns), -EBADMSG);
	close(fd);
}

/* Files in tmpfs are the last thing that is written. */
static void test_untrusted_tmpfs(void **state)
{
	struct record_snapshot out = {};
	struct tmpfs_files *tmpfs = &written.tmpfs;
	uint64_t began_ns;

	(void)state;
	begin();
	assert_int_equal(read_written(3, &out, &began_ns), 0);
	assert_null(out.tmpfs);
	assert_null(out.memory);
	written.has_memory = 1;
	written.memory.shmem_bytes = 9;
	tmpfs->count = 7;
	tmpfs->largest_count = TMPFS_FILES__LARGEST;
	memset(tmpfs->largest[4].path, 'x', TMPFS_FILES__PATH);
	tmpfs->largest[4].machine = 2;
	tmpfs->read_ns = 7;
	assert_int_equal(read_written(3, &out, &began_ns), 0);
	assert_int_equal(out.memory->shmem_bytes, 9);
	assert_int_equal(out.tmpfs->largest_count, TMPFS_FILES__LARGEST);
	assert_int_equal(strlen(out.tmpfs->largest[4].path), TMPFS_FILES__PATH - 1);
	assert_int_equal(out.tmpfs->read_after_ns, 2);
	assert_false(out.tmpfs->incomplete);
	/* They weren't read to the end. */
	tmpfs->read_ns = 0;
	assert_int_equal(read_written(3, &out, &began_ns), 0);
	assert_true(out.tmpfs->incomplete && !out.tmpfs->read_after_ns);
	tmpfs->count = TMPFS_FILES__LARGEST - 1;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	tmpfs->count = UINT64_MAX;
	tmpfs->largest_count = TMPFS_FILES__LARGEST + 1;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	tmpfs->largest_count = UINT32_MAX;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
}

static void test_untrusted_files(void **state)
{
	struct record_snapshot out = {};
	struct open_files *files = &written.files;
	uint64_t began_ns;

	(void)state;
	begin();
	assert_int_equal(read_written(3, &out, &began_ns), 0);
	assert_false(out.has_files || out.file_count);
	files->known = 1;
	assert_int_equal(read_written(3, &out, &began_ns), 0);
	assert_true(out.has_files && !out.file_count);
	files->count = OPEN_FILES__LARGEST;
	for (size_t i = 0; i < OPEN_FILES__LARGEST; i++) {
		files->files[i].pid = 7;
		files->files[i].cached_bytes = 4096;
		memset(files->files[i].path, 'x', OPEN_FILES__PATH);
		memset(files->files[i].comm, 'y', sizeof(files->files[i].comm));
	}
	assert_int_equal(read_written(3, &out, &began_ns), 0);
	assert_int_equal(out.file_count, OPEN_FILES__LARGEST);
	assert_int_equal(strlen(out.files[4].path), OPEN_FILES__PATH - 1);
	assert_int_equal(strlen(out.files[4].comm), 15);
	assert_true(out.files[4].pid == 7 && out.files[4].cached_bytes == 4096);
	files->files[1].pid = 0;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	files->files[1].pid = 7;
	files->files[1].cached_bytes = 0;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	files->files[1].cached_bytes = 1;
	files->known = 0;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
	files->known = 1;
	files->count = OPEN_FILES__LARGEST + 1;
	assert_int_equal(read_written(3, &out, &began_ns), -EBADMSG);
}

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size);
}

/* Whatever is there: it is refused, or within its bounds. */
static void test_random(void **state)
{
	struct record_snapshot out = {};
	uint64_t began_ns, taken = 0;

	(void)state;
	begin();
	for (unsigned int seed = 0; seed < 2000; seed++) {
		srand(seed);
		for (size_t i = 0; i < sizeof(written); i++)
			((unsigned char *)&written)[i] = (unsigned char)rand();
		written.ended_ns = 0;
		written.count = (uint32_t)rand() % (SNAPSHOT__PROCESSES + 2);
		written.files.count = (uint32_t)rand() % (OPEN_FILES__LARGEST + !(rand() % 5) + 1);
		written.tmpfs.largest_count = (uint32_t)rand() % (TMPFS_FILES__LARGEST + 2);
		for (size_t i = 0; i < SNAPSHOT__PROCESSES; i++) {
			struct snapshot_one *one = &written.processes[i];

			one->part_count = (uint32_t)rand() % (SNAPSHOT__PARTS + !(rand() % 20) + 1);
			one->largest_count = (uint32_t)rand() % (SMAPS__LARGEST + 1);
			for (size_t n = 0; n < SNAPSHOT__PARTS; n++)
				one->parts[n].kind = (uint32_t)rand() % (SMAPS_KINDS + !(rand() % 500));
		}
		if (read_written(3, &out, &began_ns))
			continue;
		taken++;
		assert_true(out.process_count <= SNAPSHOT__PROCESSES);
		for (size_t i = 0; i < out.process_count; i++) {
			assert_true(is_text(out.processes[i].comm, sizeof(written.processes[0].comm)));
			for (size_t n = 0; n < out.processes[i].part_count; n++)
				assert_true(!out.processes[i].parts[n].name ||
					    is_text(out.processes[i].parts[n].name, SMAPS__NAME_SIZE));
		}
		for (size_t i = 0; out.tmpfs && i < out.tmpfs->largest_count; i++)
			assert_true(is_text(out.tmpfs->largest[i].path, TMPFS_FILES__PATH));
	}
	assert_in_range(taken, 100, 1900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_a_while),	cmocka_unit_test(test_budget),
		cmocka_unit_test(test_later),		cmocka_unit_test(test_put_off),
		cmocka_unit_test(test_untrusted),	cmocka_unit_test(test_untrusted_tmpfs),
		cmocka_unit_test(test_untrusted_files), cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
