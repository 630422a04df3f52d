// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys that change the limit of a folder with the files of a cgroup. Limits have nine digits and are whole pages,
 * since a plain file keeps them as they are written.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "said.h"
#include "terminal/key_actions.h"

#define OLD 409600000ULL
#define LOWERED 368640000ULL /* by a tenth */

static const struct limit_changes none;
static struct cgroup__hierarchy h;
static struct guard *guard;
static struct key_actions actions;
static int keyboard;

static int make(void **state)
{
	int ends[2];

	(void)state;
	tree_make(&h);
	setenv("XDG_RUNTIME_DIR", h.mount, 1);
	tree_add(&h, "/a");
	tree_put(&h, "/a/memory.max", "409600000\n");
	tree_put(&h, "/a/memory.current", "50000000\n");
	tree_put(&h, "/a/memory.stat", "");
	tree_put(&h, "/a/memory.events", "oom_kill 0\n");
	actions = (struct key_actions){ .dir_fd = cgroup__open(&h, "/a") };
	if (guard__start(&(struct guard_request){ .dir_fd = actions.dir_fd,
						  .file = "memory.max",
						  .cgroup_id = getpid() },
			 &guard) ||
	    limit_writer__start(&none, actions.dir_fd, guard, &actions.writer) || pipe(ends) ||
	    dup2(ends[0], STDIN_FILENO) < 0)
		return -1;
	close(ends[0]);
	keyboard = ends[1];
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	limit_writer__stop(actions.writer);
	guard__finish(guard);
	close(actions.dir_fd);
	close(keyboard);
	tree_remove(&h, "");
	return 0;
}

static uint64_t limit(void)
{
	uint64_t bytes = 0;

	assert_int_equal(cgroup__read_u64(actions.dir_fd, "memory.max", &bytes), 0);
	return bytes;
}

static void await_limit(uint64_t bytes)
{
	while (limit() != bytes)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* What is said to these keys, and in *result what the last of them did. */
static const char *press(const char *keys, enum key_actions_result *result)
{
	said_begin();
	for (; *keys; keys++) {
		assert_int_equal(write(keyboard, keys, 1), 1);
		*result = key_actions__read(&actions);
	}
	return said_end();
}

static void check(const char *keys, const char *said)
{
	enum key_actions_result result;

	assert_string_equal(press(keys, &result), said);
	assert_int_equal(result, KEY_ACTIONS_DONE);
}

static void lower_and_set(void **state)
{
	(void)state;
	check("-", "oomtrace: setting memory.max to 351.6 MiB\n");
	await_limit(LOWERED);
	/* Each key shows the prompt again; the end of the line ends it. */
	check("s195",
	      "\r\033[Kmemory.max: \r\033[Kmemory.max: 1\r\033[Kmemory.max: 19\r\033[Kmemory.max: 195");
	check("M\n", "\r\033[Kmemory.max: 195M\noomtrace: setting memory.max to 195.0 MiB\n");
	await_limit(195 << 20);
}

/* It uses more than the new limit has room for: nothing is written without a "y". */
static void a_limit_that_would_kill(void **state)
{
	const char *question;
	enum key_actions_result result;

	(void)state;
	tree_put(&h, "/a/memory.current", "400000000\n");
	question = press("-", &result);
	assert_non_null(strstr(question, "memory.max 351.6 MiB would kill"));
	assert_non_null(strstr(question, "down only to about 381.5 MiB"));
	/* Any other key is a no, and isn't a key of its own. */
	check("-", "oomtrace: memory.max is left as it is\n");
	assert_true(actions.asked_bytes == 0);
	assert_true(limit() == OLD);
	press("-", &result);
	check("y", "oomtrace: setting memory.max to 351.6 MiB\n");
	await_limit(LOWERED);
}

static void other_keys(void **state)
{
	enum key_actions_result result;

	(void)state;
	check("?", "oomtrace: " KEYS_HELP "\n");
	check("x", "");
	assert_non_null(strstr(press("sx\n", &result), "\noomtrace: that is no size"));
	assert_string_equal(press("q", &result), "");
	assert_int_equal(result, KEY_ACTIONS_QUIT);
	assert_true(limit() == OLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lower_and_set, make, unmake),
		cmocka_unit_test_setup_teardown(a_limit_that_would_kill, make, unmake),
		cmocka_unit_test_setup_teardown(other_keys, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
