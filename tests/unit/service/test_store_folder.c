// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "store_run.h"

static void test_names(void **state)
{
	char stem[STORE_FOLDER_STEM_SIZE], name[STORE_FOLDER_STEM_SIZE + 16];

	(void)state;
	store_folder__stem(stem, WALL_NS, "web", "daff88f9cafe");
	assert_string_equal(stem, STEM "web_daff88f9");
	store_folder__stem(stem, WALL_NS, "daff88f9cafe", "daff88f9cafe");
	assert_string_equal(stem, STEM "daff88f9cafe");
	/* A container chooses its name. */
	store_folder__stem(stem, WALL_NS, "../../etc/$(reboot);\n\xff", NULL);
	assert_string_equal(stem, STEM "..-..-etc---reboot----");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	store_folder__stem(stem, WALL_NS, name, name);
	assert_true(strlen(stem) < sizeof(stem) - 8);
	snprintf(name, sizeof(name), "%s" STORE_FOLDER_ENDING, stem);
	assert_true(store_folder__is_incident(name));
	assert_false(store_folder__is_incident("notes.jsonl.zst"));
	assert_false(store_folder__is_incident("2026-11-27T030426Z_web.jsonl"));
	assert_false(store_folder__is_incident(""));
}

/* Each is a nanosecond younger than the one before. */
static void put_file(int fd, const char *name, size_t size)
{
	static long count;
	const struct timespec times[] = { { .tv_nsec = UTIME_OMIT },
					  { .tv_sec = 1700000000, .tv_nsec = ++count } };
	int file = openat(fd, name, O_WRONLY | O_CREAT, 0600);

	assert_true(file >= 0);
	assert_int_equal(ftruncate(file, (off_t)size), 0);
	assert_int_equal(futimens(file, times), 0);
	close(file);
}

/* The oldest go first, and nothing that isn't the store's. */
static void test_bounds(void **state)
{
	const struct timespec old[] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	int fd = open_folder();

	(void)state;
	put_file(fd, "2026-11-27T030426Z_a.jsonl.zst", 1000);
	put_file(fd, "2026-11-27T030427Z_b.jsonl.zst", 1000);
	put_file(fd, "2026-11-27T030428Z_c.jsonl.zst", 1000);
	put_file(fd, "mine.jsonl", 5000);
	assert_int_equal(store_folder__prune(fd, 0, WALL_NS, 0), 0);
	assert_int_equal(store_folder__prune(fd, 3000, WALL_NS, 0), 0);
	assert_int_equal(store_folder__prune(fd, 2999, WALL_NS, 0), 1);
	assert_int_equal(faccessat(fd, "2026-11-27T030426Z_a.jsonl.zst", F_OK, 0), -1);
	futimens(openat(fd, "2026-11-27T030428Z_c.jsonl.zst", O_WRONLY), old);
	assert_int_equal(store_folder__prune(fd, 0, 2000 * (int64_t)NS_PER_S, 1001 * NS_PER_S), 0);
	assert_int_equal(store_folder__prune(fd, 0, 2000 * (int64_t)NS_PER_S, 999 * NS_PER_S), 1);
	/* A clock that was set back makes nothing old. */
	assert_int_equal(store_folder__prune(fd, 0, 1, 1), 0);
	assert_int_equal(faccessat(fd, "2026-11-27T030427Z_b.jsonl.zst", F_OK, 0), 0);
	assert_int_equal(faccessat(fd, "mine.jsonl", F_OK, 0), 0);
	close(fd);
	close(lock_fd);
}

/* The names have what the clock said; it may have been set back a year between them. */
static void test_clock_set_back(void **state)
{
	int fd = open_folder();

	(void)state;
	assert_true(store_folder__latest_ns(fd) == 0);
	put_file(fd, "2026-11-27T030426Z_a.jsonl.zst", 1000);
	put_file(fd, "2026-11-27T030427Z_b.jsonl.zst", 1000);
	put_file(fd, "2025-11-27T030428Z_c.jsonl.zst", 1000);
	put_file(fd, "mine.jsonl", 5000);
	assert_true(store_folder__latest_ns(fd) > 1700000000 * (int64_t)NS_PER_S);
	assert_int_equal(store_folder__prune(fd, 2999, WALL_NS, 0), 1);
	assert_int_equal(faccessat(fd, "2026-11-27T030426Z_a.jsonl.zst", F_OK, 0), -1);
	assert_int_equal(store_folder__prune(fd, 1000, WALL_NS, 0), 1);
	assert_int_equal(faccessat(fd, "2025-11-27T030428Z_c.jsonl.zst", F_OK, 0), 0);
	close(fd);
	close(lock_fd);
}

/* Many small ones take more than their bytes, and all are looked at each time: their number is bounded, too. */
static void test_number_is_bounded(void **state)
{
	int fd = open_folder();
	char name[64];

	(void)state;
	for (int i = 0; i < 10010; i++) {
		snprintf(name, sizeof(name), "2026-11-27T030427Z_%05d.jsonl.zst", i);
		put_file(fd, name, 0);
	}
	assert_int_equal(store_folder__prune(fd, 0, WALL_NS, 0), 10);
	assert_int_equal(faccessat(fd, "2026-11-27T030427Z_00009.jsonl.zst", F_OK, 0), -1);
	assert_int_equal(faccessat(fd, "2026-11-27T030427Z_00010.jsonl.zst", F_OK, 0), 0);
	close(fd);
	close(lock_fd);
}

/* There is one writer, and no place that others may write to is taken. */
static void test_whose_folder(void **state)
{
	char why[STORE_FOLDER_WHY_SIZE];
	int fd = open_folder(), lock;

	(void)state;
	assert_int_equal(store_folder__open(folder, &lock, why, sizeof(why)), -1);
	assert_string_equal(why, "is written by another oomtrace already");
	close(lock_fd);
	close(fd);
	/* Whoever may read the folder can't keep the service out of it. */
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(open_folder());
	close(lock_fd);
	close(fd);
	chmod(folder, 0777);
	assert_int_equal(store_folder__open(folder, &lock, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "can be written by others"));
	chmod(folder, 0700);
	assert_int_equal(store_folder__open("/proc/nothing/here", &lock, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "can't be made"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, make, unmake),
		cmocka_unit_test_setup_teardown(test_bounds, make, unmake),
		cmocka_unit_test_setup_teardown(test_clock_set_back, make, unmake),
		cmocka_unit_test_setup_teardown(test_number_is_bounded, make, unmake),
		cmocka_unit_test_setup_teardown(test_whose_folder, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
