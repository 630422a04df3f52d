// SPDX-License-Identifier: GPL-2.0-only
/* Which files are chosen, of what the kernel's side has written; a process takes its place, and pipes that of iterators. */
#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "event.h"
#include "host/open_files.h"

#define ROOM 16

static struct open_file first[EVENT_FILES_MAX], second[EVENT_FILES_MAX];
static uint32_t first_count, second_count;
static int opened[ROOM];
static char folder[] = "/tmp/oomtrace-open-XXXXXX";
static struct open_files__process self;
static long page;

static int make(void **state)
{
	char path[64];

	(void)state;
	page = sysconf(_SC_PAGESIZE);
	if (!mkdtemp(folder))
		return -1;
	for (int i = 0; i < ROOM; i++) {
		snprintf(path, sizeof(path), "%s/%d", folder, i);
		opened[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (opened[i] < 0)
			return -1;
	}
	self = (struct open_files__process){ (uint32_t)getpid(),
					     open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC), "me" };
	return self.fd < 0;
}

static int unmake(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* An entry of the file with this number, which so many pages are of. */
static struct open_file entry(int number, uint64_t inode, uint64_t pages)
{
	return (struct open_file){ .pid = self.pid,
				   .fd = (uint32_t)opened[number],
				   .inode = inode,
				   .device = 7,
				   .magic = EXT4_SUPER_MAGIC,
				   .pages = pages };
}

static _Noreturn void be_kernel(struct open_files_map *map, const int ends[2])
{
	const struct open_file *files[] = { first, second };
	const uint32_t counts[] = { first_count, second_count };

	for (int i = 0; i < 2; i++) {
		uint32_t count = counts[i] < EVENT_FILES_MAX ? counts[i] : EVENT_FILES_MAX;

		while (__atomic_load_n(&map->count, __ATOMIC_ACQUIRE))
			usleep(100);
		if (map->pids[0] != self.pid || map->pids[1])
			_exit(1);
		memcpy(map->files, files[i], count * sizeof(*map->files));
		__atomic_store_n(&map->count, counts[i] ? counts[i] : UINT32_MAX, __ATOMIC_RELEASE);
		close(ends[i]);
	}
	_exit(0);
}

static void read_files(struct open_files *out)
{
	int fd = memfd_create("map", MFD_CLOEXEC), a[] = { -1, -1 }, b[] = { -1, -1 }, status;
	struct open_files_map *map;
	pid_t pid;

	assert_true(fd >= 0 && !ftruncate(fd, sizeof(*map)) && !pipe(a) && !pipe(b));
	map = mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	map->count = 1;
	pid = fork();
	if (!pid)
		be_kernel(map, (const int[]){ a[1], b[1] });
	close(a[1]);
	close(b[1]);
	memset(out, 0, sizeof(*out));
	open_files__read((const int[]){ a[0], b[0] }, fd, &self, 1, out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(a[0]);
	close(b[0]);
	close(fd);
	munmap(map, sizeof(*map));
}

static void expect(const struct open_files *files, size_t i, int number, uint64_t pages)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%d", folder, number);
	assert_string_equal(files->files[i].path, path);
	assert_int_equal(files->files[i].cached_bytes, pages * (uint64_t)page);
	assert_int_equal(files->files[i].pid, self.pid);
	assert_string_equal(files->files[i].comm, "me");
}

/* The largest five, a file that is open twice once, and none of tmpfs, of others, or with more than there can be. */
static void test_chosen(void **state)
{
	struct open_files out;

	(void)state;
	first_count = 0;
	for (int i = 0; i < 7; i++)
		first[first_count++] = entry(i, 100 + (uint64_t)i, 10 + (uint64_t)i);
	first[first_count++] = entry(7, 106, 16);
	first[first_count] = entry(8, 200, 50);
	first[first_count++].magic = TMPFS_MAGIC;
	first[first_count] = entry(9, 201, 50);
	first[first_count++].magic = HUGETLBFS_MAGIC;
	first[first_count] = entry(10, 202, 50);
	first[first_count++].pid = 1;
	first[first_count++] = entry(11, 203, UINT64_MAX / 2);
	memcpy(second, first, sizeof(second));
	second_count = first_count;
	read_files(&out);
	assert_true(out.known);
	assert_int_equal(out.count, OPEN_FILES__LARGEST);
	for (int i = 0; i < OPEN_FILES__LARGEST; i++)
		expect(&out, (size_t)i, 6 - i, 16 - (uint64_t)i);
}

/* A descriptor that is another file by now, or none. */
static void test_changed(void **state)
{
	struct open_files out;

	(void)state;
	first[0] = entry(0, 100, 9);
	first[1] = entry(1, 101, 8);
	first[2] = entry(2, 102, 7);
	first[3] = entry(3, 103, 6);
	first[3].fd = 1000000; /* closed before its name was read */
	first_count = 4;
	second[0] = entry(0, 500, 9);
	second[1] = entry(2, 102, 99);
	second[2] = first[3];
	second_count = 3;
	read_files(&out);
	assert_true(out.known);
	assert_int_equal(out.count, 1);
	expect(&out, 0, 2, 7);
}

/* More than there was room for. */
static void test_many(void **state)
{
	struct open_files out;

	(void)state;
	for (uint32_t i = 0; i < EVENT_FILES_MAX; i++)
		first[i] = entry((int)i % ROOM, i, 1 + i);
	memcpy(second, first, sizeof(second));
	first_count = second_count = UINT32_MAX;
	for (uint32_t i = EVENT_FILES_MAX - ROOM; i < EVENT_FILES_MAX; i++)
		second[i % ROOM] = first[i];
	read_files(&out);
	assert_int_equal(out.count, OPEN_FILES__LARGEST);
	expect(&out, 0, ROOM - 1, EVENT_FILES_MAX);
}

/* Nothing is said where nothing can be read. */
static void test_unknown(void **state)
{
	struct open_files out = {};
	int fd = memfd_create("map", MFD_CLOEXEC), none = open(folder, O_RDONLY | O_CLOEXEC);

	(void)state;
	open_files__read((const int[]){ none, none }, -1, &self, 1, &out);
	assert_false(out.known);
	assert_int_equal(ftruncate(fd, sizeof(struct open_files_map)), 0);
	open_files__read((const int[]){ none, none }, fd, &self, 1, &out); /* a folder can't be read */
	assert_false(out.known || out.count);
	close(fd);
	close(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_chosen), cmocka_unit_test(test_changed),
					    cmocka_unit_test(test_many), cmocka_unit_test(test_unknown) };

	return cmocka_run_group_tests(tests, make, unmake);
}
