// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cgroup_tree.h"
#include "limit/writer.h"

/* Limits have nine digits and are whole pages: a plain file keeps what a shorter write leaves over. */
#define OLD 409600000ULL
#define LONG_NS (3600ULL * NS_PER_S)

static struct cgroup__hierarchy h;
static int dir_fd;
static struct guard *guard;

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	setenv("XDG_RUNTIME_DIR", h.mount, 1);
	tree_add(&h, "/a");
	tree_put(&h, "/a/memory.max", "409600000\n");
	tree_put(&h, "/a/memory.current", "50000000\n");
	tree_put(&h, "/a/memory.stat", "inactive_file 20000000\n");
	tree_put(&h, "/a/memory.events", "oom_kill 0\n");
	dir_fd = cgroup__open(&h, "/a");
	return guard__start(
		&(struct guard_request){ .dir_fd = dir_fd, .file = "memory.max", .cgroup_id = getpid() },
		&guard);
}

static int unmake(void **state)
{
	(void)state;
	guard__finish(guard);
	close(dir_fd);
	tree_remove(&h, "");
	return 0;
}

static uint64_t limit(void)
{
	uint64_t bytes = 0;

	assert_int_equal(cgroup__read_u64(dir_fd, "memory.max", &bytes), 0);
	return bytes;
}

static void await_limit(uint64_t bytes)
{
	while (limit() != bytes)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static struct limit_writer *start(const struct limit_changes *changes)
{
	struct limit_writer *writer = NULL;

	assert_int_equal(limit_writer__start(changes, dir_fd, guard, &writer), 0);
	return writer;
}

/* Each step in turn, and --set-max after the last. */
static void a_ramp_and_what_follows(void **state)
{
	const struct limit_changes changes = {
		.has_ramp = true,
		.ramp = { .from_bytes = 307200000,
			  .to_bytes = 204800000,
			  .step_bytes = 51200000,
			  .interval_ns = 1 },
		.has_max = true,
		.max_bytes = 122880000,
	};
	struct limit_writer *writer = start(&changes);
	uint64_t floor_bytes = 0, bytes;

	(void)state;
	await_limit(122880000);
	/* The prediction is of this write, and of no other. */
	assert_true(limit_writer__floor(writer, 122880000, &floor_bytes));
	assert_true(floor_bytes == 30000000);
	assert_false(limit_writer__floor(writer, 204800000, &floor_bytes));
	assert_int_equal(limit_writer__poll(writer, &bytes), 0);
	limit_writer__stop(writer);
	assert_true(limit() == 122880000);
}

/* FROM "now" is there already: the first step goes below it. */
static void from_now(void **state)
{
	const struct limit_changes changes = {
		.has_ramp = true,
		.ramp = { .from_now = true,
			  .to_bytes = 204800000,
			  .step_percent = 25,
			  .interval_ns = LONG_NS },
		.has_max = true,
		.max_bytes = 122880000,
	};
	struct limit_writer *writer = start(&changes);

	(void)state;
	await_limit(OLD / 4 * 3);
	/* In the middle of its pause: the other steps are never taken. */
	limit_writer__stop(writer);
	assert_true(limit() == OLD / 4 * 3);
}

/* A user's key: not before the steps are done. */
static void set_by_hand(void **state)
{
	const struct limit_changes changes = { .has_max = true, .max_bytes = 204800000 };
	struct limit_writer *writer = start(&changes);
	struct pollfd fd = { .fd = limit_writer__fd(writer), .events = POLLIN };
	uint64_t bytes;

	(void)state;
	limit_writer__set(writer, 163840000);
	await_limit(163840000);
	limit_writer__set(writer, 143360000);
	await_limit(143360000);
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_int_equal(limit_writer__poll(writer, &bytes), 0);
	limit_writer__stop(writer);
}

/* No further step is taken, and the limit that was asked for is told. */
static void a_write_that_fails(void **state)
{
	const struct limit_changes changes = {
		.has_ramp = true,
		.ramp = { .from_bytes = 307200000,
			  .to_bytes = 204800000,
			  .step_bytes = 51200000,
			  .interval_ns = 1 },
	};
	struct rlimit old, none;
	struct limit_writer *writer;
	struct pollfd fd = { .events = POLLIN };
	uint64_t bytes = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = (struct rlimit){ 0, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	writer = start(&changes);
	fd.fd = limit_writer__fd(writer);
	assert_int_equal(poll(&fd, 1, -1), 1);
	assert_int_equal(limit_writer__poll(writer, &bytes), -EFBIG);
	assert_true(bytes == 307200000);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	/* It was told once, and the writer goes on. */
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_true(limit() == OLD);
	limit_writer__set(writer, 163840000);
	await_limit(163840000);
	limit_writer__stop(writer);
}

static void errors_have_words(void **state)
{
	(void)state;
	assert_string_equal(limit_writer__error(-EBUSY), "the kernel says that it is busy");
	assert_string_equal(limit_writer__error(-ENODEV), "the cgroup has been removed");
	assert_string_equal(limit_writer__error(-ENOSPC), "No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_ramp_and_what_follows, make, unmake),
		cmocka_unit_test_setup_teardown(from_now, make, unmake),
		cmocka_unit_test_setup_teardown(set_by_hand, make, unmake),
		cmocka_unit_test_setup_teardown(a_write_that_fails, make, unmake),
		cmocka_unit_test(errors_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
