// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "service/incident_file.h"
#include "store_run.h"

/* The order of a store's incidents is that in which they happened, whatever the clock said and whoever was restarted. */

#define YEAR_NS (365 * 86400 * (int64_t)NS_PER_S)
#define BLOCK_BYTES 4096 /* no incident of these tests has more */

static int64_t order_of(const char *name)
{
	struct entry e = read_entry(name);
	int64_t order_ns = e.order_ns;
	char path[256];
	struct stat st;

	entry__free(&e);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(stat(path, &st), 0);
	assert_true(store_folder__written_ns(&st) == order_ns);
	return order_ns;
}

static void test_clock_set_back(void **state)
{
	struct sink *sink = open_store();
	int64_t a, b, c, d;

	(void)state;
	send_oom(sink, 1, "/a", 1);
	send_oom(sink, 2, "/b2", 2); /* by the clock at the very same time */
	wall_ns = WALL_NS - YEAR_NS;
	send_oom(sink, 3, "/c33", 3);
	sink->ops->free(sink);
	/* The next life of the service, and the next boot, know no more than the folder. */
	wall_ns = WALL_NS - YEAR_NS + NS_PER_S;
	sink = open_store();
	send_oom(sink, 4, "/d", 1);
	sink->ops->free(sink);
	a = order_of(STEM "a.jsonl.zst");
	b = order_of(STEM "b2.jsonl.zst");
	c = order_of("2025-11-27T030426Z_c33.jsonl.zst");
	d = order_of("2025-11-27T030427Z_d.jsonl.zst");
	assert_true(a == WALL_NS && a < b && b < c && c < d);

	/* When the store is full, what happened last stays. */
	sink = open_store();
	assert_int_equal(store__set_bounds(sink, 2 * BLOCK_BYTES, 0), 0);
	assert_int_equal(count_names(), 2);
	assert_true(order_of("2025-11-27T030426Z_c33.jsonl.zst") == c);
	/* Their age is that of their writing, which isn't long ago. */
	assert_int_equal(store__set_bounds(sink, 0, YEAR_NS), 0);
	assert_int_equal(count_names(), 2);
	/* A clock that is right again goes on by itself. */
	wall_ns = WALL_NS + YEAR_NS;
	send_oom(sink, 5, "/e", 1);
	sink->ops->free(sink);
	assert_true(order_of("2027-11-27T030426Z_e.jsonl.zst") == WALL_NS + YEAR_NS);
}

/* A file from the end of all time, which somebody has put there, isn't the latest: nothing could come after it. */
static void test_end_of_time(void **state)
{
	const struct timespec times[] = { { .tv_nsec = UTIME_OMIT },
					  { INT64_MAX / NS_PER_S, INT64_MAX % NS_PER_S } };
	struct sink *sink;
	int fd, dir = open(folder, O_RDONLY | O_DIRECTORY);

	(void)state;
	wall_ns = WALL_NS;
	fd = openat(dir, STEM "x.jsonl.zst", O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0 && !futimens(fd, times));
	close(fd);
	close(dir);
	sink = open_store();
	send_oom(sink, 1, "/a", 1);
	sink->ops->free(sink);
	assert_true(order_of(STEM "a.jsonl.zst") == WALL_NS);
}

/* What a crash has left comes after what was whole by then. */
static void test_crash(void **state)
{
	struct incident_file f;
	struct sink *sink = open_store();
	struct stat crashed, whole;
	int fd;

	(void)state;
	wall_ns = WALL_NS + 10 * YEAR_NS; /* the clock was wrong, and set right before the crash */
	send_oom(sink, 1, "/a", 1);
	sink->ops->free(sink);
	wall_ns = WALL_NS;
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_int_equal(incident_file__open(&f, fd, STEM "b"), 0);
	assert_int_equal(incident_file__put(&f, "{}\n", 3), 0);
	assert_int_equal(incident_file__flush(&f), 0);
	incident_file__close(&f);
	sink = open_store();
	assert_int_equal(fstatat(fd, "2036-11-24T030426Z_a.jsonl.zst", &whole, 0), 0);
	assert_int_equal(fstatat(fd, STEM "b.jsonl.zst", &crashed, 0), 0);
	assert_true(store_folder__written_ns(&crashed) == store_folder__written_ns(&whole) + 1);
	send_oom(sink, 2, "/c", 1);
	sink->ops->free(sink);
	assert_true(order_of(STEM "c.jsonl.zst") == store_folder__written_ns(&whole) + 2);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_clock_set_back, make, unmake),
		cmocka_unit_test_setup_teardown(test_end_of_time, make, unmake),
		cmocka_unit_test_setup_teardown(test_crash, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
