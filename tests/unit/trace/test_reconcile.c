// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's count of kills against those that were seen. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "trace/reconcile.h"

static uint64_t since;

static uint64_t look(struct reconcile *r, uint64_t kernel, uint64_t seen, uint64_t now)
{
	since = 0;
	return reconcile__look(r, kernel, seen, now, false, &since);
}

static void test_equal(void **state)
{
	struct reconcile r = {};

	(void)state;
	assert_int_equal(look(&r, 100, 0, 1), 0);
	assert_int_equal(look(&r, 103, 3, 2), 0);
	assert_int_equal(look(&r, 110, 10, 3), 0);
	assert_int_equal(reconcile__look(&r, 110, 10, 4, true, &since), 0);
	assert_int_equal(r.missed, 0);
}

/* A kill is counted by the kernel before a program sees it. */
static void test_in_the_middle(void **state)
{
	struct reconcile r = {};

	(void)state;
	assert_int_equal(look(&r, 100, 5, 1), 0);
	assert_int_equal(look(&r, 101, 5, 2), 0);
	assert_int_equal(look(&r, 101, 6, 3), 0);
	/* One after the other, each in the middle of a look. */
	assert_int_equal(look(&r, 102, 6, 4), 0);
	assert_int_equal(look(&r, 103, 7, 5), 0);
	assert_int_equal(look(&r, 103, 8, 6), 0);
	assert_int_equal(r.missed, 0);
}

static void test_missed(void **state)
{
	struct reconcile r = {};

	(void)state;
	assert_int_equal(look(&r, 7, 0, 10), 0);
	assert_int_equal(look(&r, 9, 2, 20), 0);
	assert_int_equal(look(&r, 12, 3, 30), 0); /* two are missing, or going on */
	assert_int_equal(look(&r, 14, 4, 40), 1); /* one of these two was missed, and there are two more */
	assert_int_equal(since, 20);
	assert_int_equal(look(&r, 14, 4, 50), 2);
	assert_int_equal(since, 20);
	assert_int_equal(look(&r, 14, 4, 60), 0);
	assert_int_equal(look(&r, 15, 4, 70), 0);
	assert_int_equal(look(&r, 15, 4, 80), 1);
	assert_int_equal(since, 60);
	assert_int_equal(r.missed, 4);
}

/* The cgroup of a target that has come back begins to count anew, and what was missed before stays missed. */
static void test_another_cgroup(void **state)
{
	struct reconcile r = {};

	(void)state;
	assert_int_equal(look(&r, 0, 0, 10), 0);
	assert_int_equal(reconcile__look(&r, 5, 3, 20, true, &since), 2);
	r.begun = false;
	assert_int_equal(look(&r, 1, 3, 30), 0);
	assert_int_equal(look(&r, 3, 5, 40), 0);
	assert_int_equal(look(&r, 3, 5, 50), 0);
	assert_int_equal(r.missed, 2);
	assert_int_equal(reconcile__look(&r, 4, 5, 60, true, &since), 1);
	assert_int_equal(r.missed, 3);
}

/* What a look would find is asked for without looking. */
static void test_missing(void **state)
{
	struct reconcile r = {};

	(void)state;
	assert_int_equal(look(&r, 7, 0, 10), 0);
	assert_int_equal(reconcile__missing(&r, 9, 2), 0);
	assert_int_equal(reconcile__missing(&r, 9, 1), 1);
	assert_int_equal(reconcile__missing(&r, 9, 3), 0);
	assert_int_equal(reconcile__look(&r, 9, 1, 20, true, &since), 1);
	assert_int_equal(reconcile__missing(&r, 9, 1), 0);
}

/* cgroup v1 has the count in another file, beside a key that begins like it. */
static void test_read_v1(void **state)
{
	char dir[] = "/tmp/reconcile-XXXXXX", path[64];
	uint64_t count = 0;
	FILE *file;
	int fd, dir_fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/memory.oom_control", dir);
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	file = fopen(path, "w");
	fputs("oom_kill_disable 1\nunder_oom 0\noom_kill 5\n", file);
	fclose(file);
	fd = reconcile__open(dir_fd);
	assert_true(fd >= 0);
	assert_int_equal(reconcile__read(fd, &count), 0);
	assert_int_equal(count, 5);
	close(fd);
	close(dir_fd);
	unlink(path);
	rmdir(dir);
}

static void test_last(void **state)
{
	struct reconcile r = {};

	(void)state;
	assert_int_equal(look(&r, 0, 0, 1), 0);
	assert_int_equal(reconcile__look(&r, 40, 22, 2, true, &since), 18);
	assert_int_equal(since, 1);
	assert_int_equal(reconcile__look(&r, 40, 22, 3, true, &since), 0);
}

/* The first look was in the middle of a kill: that one is seen, and must not hide one that is missed. */
static void test_first_in_the_middle(void **state)
{
	struct reconcile r = {};

	(void)state;
	assert_int_equal(look(&r, 11, 0, 1), 0);
	assert_int_equal(look(&r, 11, 1, 2), 0);
	assert_int_equal(look(&r, 12, 1, 3), 0);
	assert_int_equal(look(&r, 12, 1, 4), 1);
}

/* memory.events of a cgroup in which a process is killed while the programs' count is asked for. */
struct killing {
	char path[64];
	uint64_t kernel, seen;
	bool goes_on; /* there is another kill at the next question */
};

static void write_count(const struct killing *k)
{
	FILE *file = fopen(k->path, "w");

	fprintf(file, "oom 1\noom_kill %ju\n", (uintmax_t)k->kernel);
	fclose(file);
}

static uint64_t seen_in_a_storm(const void *ctx)
{
	struct killing *k = *(struct killing *const *)ctx;

	if (k->goes_on) {
		k->kernel++;
		k->seen++;
		write_count(k);
	}
	k->goes_on = false;
	return k->seen;
}

/* Kills between the readings of the two counts are no lost ones, at whatever look. */
static void test_between_readings(void **state)
{
	char dir[] = "/tmp/reconcile-XXXXXX";
	struct killing killing = { .kernel = 30 }, *k = &killing;
	struct reconcile r = {};
	uint64_t kernel, seen;
	int fd, dir_fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(k->path, sizeof(k->path), "%s/memory.events", dir);
	write_count(k);
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	fd = reconcile__open(dir_fd);
	assert_true(fd >= 0);
	for (int i = 1; i <= 8; i++) {
		bool last = i == 8;

		/* In the middle of every other look. */
		k->goes_on = i % 2;
		assert_int_equal(reconcile__read_both(fd, seen_in_a_storm, &k, last, &kernel, &seen), 0);
		assert_int_equal(reconcile__look(&r, kernel, seen, i, last, &since), 0);
	}
	assert_int_equal(killing.seen, 4);
	assert_int_equal(r.missed, 0);
	/* One that no program has seen is one. */
	k->kernel++;
	write_count(k);
	assert_int_equal(reconcile__read_both(fd, seen_in_a_storm, &k, true, &kernel, &seen), 0);
	assert_int_equal(reconcile__look(&r, kernel, seen, 9, true, &since), 1);
	/* At the last look a kill after the kernel's count was read is seen, too. */
	k->goes_on = true;
	assert_int_equal(reconcile__read_both(fd, seen_in_a_storm, &k, true, &kernel, &seen), 0);
	assert_int_equal(reconcile__look(&r, kernel, seen, 10, true, &since), 0);
	close(fd);
	close(dir_fd);
	unlink(k->path);
	rmdir(dir);
}

static void test_read(void **state)
{
	char dir[] = "/tmp/reconcile-XXXXXX", path[64];
	uint64_t count = 0;
	FILE *file;
	int fd, dir_fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/memory.events", dir);
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(reconcile__open(dir_fd), -ENOENT);
	file = fopen(path, "w");
	fputs("low 0\nhigh 1\nmax 99\noom 30\noom_kill 17\noom_group_kill 3\n", file);
	fclose(file);
	fd = reconcile__open(dir_fd);
	assert_true(fd >= 0);
	assert_int_equal(reconcile__read(fd, &count), 0);
	assert_int_equal(count, 17);
	count = 0;
	assert_int_equal(reconcile__count(dir_fd, &count), 0);
	assert_int_equal(count, 17);
	assert_int_equal(truncate(path, 20), 0);
	assert_int_equal(reconcile__count(dir_fd, &count), -ENODATA);
	assert_int_equal(reconcile__read(fd, &count), -ENODATA);
	close(fd);
	close(dir_fd);
	unlink(path);
	rmdir(dir);
	fd = reconcile__open(-1);
	assert_true(fd >= 0);
	assert_int_equal(reconcile__read(fd, &count), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_in_the_middle),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_first_in_the_middle),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_v1),
		cmocka_unit_test(test_between_readings),
		cmocka_unit_test(test_another_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
