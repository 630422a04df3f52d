// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of the limit of a folder with the files of a cgroup, from the first step to what is said at the end.
 * Limits have nine digits and are whole pages, since a plain file keeps them as they are written.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "commands/changing.h"
#include "said.h"

#define OLD 409600000ULL
#define LOWERED 204800000ULL

static struct cgroup__hierarchy h;
static struct target target;
static struct event_loop *loop;
static struct changing changing;
static const char *end_reason;
static const struct trace_options opts = {
	.output = TRACE_OPTIONS_OUTPUT_JSON, /* no keys */
	.changes = { .has_max = true, .max_bytes = LOWERED },
};

static int make_with(bool keep)
{
	struct guard_request request = { .file = "memory.max",
					 .cgroup_id = (uint64_t)getpid(),
					 .keep = keep };

	tree_make(&h);
	setenv("XDG_RUNTIME_DIR", h.mount, 1);
	tree_add(&h, "/a");
	tree_put(&h, "/a/memory.max", "409600000\n");
	tree_put(&h, "/a/memory.current", "50000000\n");
	tree_put(&h, "/a/memory.stat", "inactive_file 20000000\n");
	tree_put(&h, "/a/memory.events", "oom_kill 0\n");
	target = (struct target){ .cgroup = "/a", .dir_fd = cgroup__open(&h, "/a"), .events_fd = -1 };
	request.dir_fd = target.dir_fd;
	end_reason = NULL;
	changing = (struct changing){ .end_reason = &end_reason };
	loop = event_loop__new();
	return guard__start(&request, &changing.guard);
}

static int make(void **state)
{
	(void)state;
	return make_with(false);
}

static int make_keeping(void **state)
{
	(void)state;
	return make_with(true);
}

static int unmake(void **state)
{
	(void)state;
	changing__free(&changing);
	event_loop__free(loop);
	target__close(&target);
	tree_remove(&h, "");
	return 0;
}

static uint64_t limit(void)
{
	uint64_t bytes = 0;

	assert_int_equal(cgroup__read_u64(target.dir_fd, "memory.max", &bytes), 0);
	return bytes;
}

static void await_limit(uint64_t bytes)
{
	while (limit() != bytes)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static int nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static void lowered_and_put_back(void **state)
{
	const struct record_limit own = { .writer_self = true, .new_max_bytes = LOWERED };
	const struct record_limit others = { .new_max_bytes = LOWERED };
	char words[CHANGING__WORDS_SIZE];
	uint64_t floor_bytes = 0;

	(void)state;
	assert_int_equal(changing__start(&changing, &opts, &target, loop), 0);
	await_limit(LOWERED);
	/* The prediction is for our own writes. */
	assert_true(changing__floor(&changing, &own, &floor_bytes));
	assert_true(floor_bytes == 30000000);
	assert_false(changing__floor(&changing, &others, &floor_bytes));
	changing__stop(&changing);
	assert_false(changing__floor(&changing, &own, &floor_bytes));
	assert_string_equal(changing__put_back(&changing, words), "restored");
	assert_true(limit() == OLD);
	assert_int_equal(changing.error, 0);
	/* It is done once. */
	assert_null(changing__put_back(&changing, words));
}

static void kept(void **state)
{
	char words[CHANGING__WORDS_SIZE];

	(void)state;
	assert_int_equal(changing__start(&changing, &opts, &target, loop), 0);
	await_limit(LOWERED);
	changing__stop(&changing);
	assert_string_equal(changing__put_back(&changing, words), "not restored, as asked");
	assert_true(limit() == LOWERED);
	assert_int_equal(changing.error, 0);
}

/* Where a session ends by an error, nobody asks for words; the limit goes back all the same. */
static void freed(void **state)
{
	(void)state;
	assert_int_equal(changing__start(&changing, &opts, &target, loop), 0);
	await_limit(LOWERED);
	changing__free(&changing);
	assert_true(limit() == OLD);
}

/*
 * The target has grown beyond the limit that it had: putting that back would kill. The same is said where nobody asks
 * for words.
 */
static void check_not_put_back(bool freed)
{
	const struct trace_options raise = {
		.output = TRACE_OPTIONS_OUTPUT_JSON,
		.changes = { .has_max = true, .max_bytes = 2 * OLD },
	};
	char words[CHANGING__WORDS_SIZE];
	const char *said, *got;

	assert_int_equal(changing__start(&changing, &raise, &target, loop), 0);
	await_limit(2 * OLD);
	changing__stop(&changing);
	tree_put(&h, "/a/memory.current", "700000000\n");
	said_begin();
	if (freed) {
		changing__free(&changing);
	} else {
		got = changing__put_back(&changing, words);
		assert_non_null(strstr(got, "NOT RESTORED"));
	}
	said = said_end();
	assert_non_null(strstr(said, "oomtrace: memory.max: NOT RESTORED"));
	assert_non_null(strstr(said, "--restore"));
	assert_int_not_equal(changing.error, 0);
	assert_true(limit() == 2 * OLD);
}

static void not_put_back(void **state)
{
	(void)state;
	check_not_put_back(false);
}

static void freed_and_not_put_back(void **state)
{
	(void)state;
	check_not_put_back(true);
}

/* The session ends, and says of which write. */
static void a_write_that_fails(void **state)
{
	struct rlimit old, none;
	struct pollfd fd = { .events = POLLIN };
	const char *said;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = (struct rlimit){ 0, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(changing__start(&changing, &opts, &target, loop), 0);
	fd.fd = limit_writer__fd(changing.writer);
	assert_int_equal(poll(&fd, 1, -1), 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	said_begin();
	while (!end_reason)
		assert_int_equal(event_loop__turn(loop, nothing, NULL), 0);
	said = said_end();
	assert_string_equal(end_reason, "memory.max could not be set");
	assert_non_null(strstr(said, "oomtrace: setting memory.max to 195.3 MiB: File too large.\n"));
	assert_int_equal(changing.error, -EFBIG);
	assert_true(limit() == OLD);
}

static void nothing_to_change(void **state)
{
	struct changing none = { .end_reason = &end_reason };
	char words[CHANGING__WORDS_SIZE];

	(void)state;
	assert_int_equal(changing__start(&none, &opts, &target, loop), 0);
	changing__watch_guard(&none);
	changing__stop(&none);
	assert_null(changing__put_back(&none, words));
	changing__free(&none);
	assert_true(limit() == OLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lowered_and_put_back, make, unmake),
		cmocka_unit_test_setup_teardown(kept, make_keeping, unmake),
		cmocka_unit_test_setup_teardown(freed, make, unmake),
		cmocka_unit_test_setup_teardown(not_put_back, make, unmake),
		cmocka_unit_test_setup_teardown(freed_and_not_put_back, make, unmake),
		cmocka_unit_test_setup_teardown(a_write_that_fails, make, unmake),
		cmocka_unit_test_setup_teardown(nothing_to_change, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
