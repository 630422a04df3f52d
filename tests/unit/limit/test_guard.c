// SPDX-License-Identifier: GPL-2.0-only
/* What the guard does with a limit. */
#include <sys/stat.h>

#include "guard_folder.h"

static uint64_t inner_limit(void)
{
	char text[32] = "";
	int fd = openat(dir_fd, "container/memory.max", O_RDONLY | O_CLOEXEC);

	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strtoull(text, NULL, 10);
}

/* As crun makes a container's cgroups: the limit stands on both. */
static void test_two_limits(void **state)
{
	struct guard *guard;

	(void)state;
	assert_int_equal(mkdirat(dir_fd, "container", 0700), 0);
	put("container/memory.max", "134217728\n");
	guard = start_with(false);
	assert_true(guard__has_inner(guard));
	assert_int_equal(guard__write(guard, RAISED), 0);
	assert_int_equal(limit(), RAISED);
	assert_int_equal(inner_limit(), RAISED);
	assert_int_equal(guard__finish(guard).result, GUARD_RESTORED);
	assert_int_equal(limit(), OLD);
	assert_int_equal(inner_limit(), OLD);

	/* Somebody else's value stays, and is told. */
	guard = start_with(false);
	assert_int_equal(guard__write(guard, LOWERED), 0);
	put("container/memory.max", "111149056\n");
	assert_int_equal(guard__finish(guard).result, GUARD_CHANGED);
	assert_int_equal(limit(), OLD);
	assert_int_equal(inner_limit(), 111149056);

	/* Another limit than the container's is not crun's. */
	guard = start_with(false);
	assert_false(guard__has_inner(guard));
	assert_int_equal(guard__write(guard, RAISED), 0);
	assert_int_equal(inner_limit(), 111149056);
	assert_int_equal(guard__finish(guard).result, GUARD_RESTORED);

	assert_int_equal(unlinkat(dir_fd, "container/memory.max", 0), 0);
	assert_int_equal(unlinkat(dir_fd, "container", AT_REMOVEDIR), 0);
}

static void test_puts_back(void **state)
{
	struct guard *guard = start_with(false);

	(void)state;
	assert_int_equal(guard__write(guard, LOWERED), 0);
	assert_int_equal(limit(), LOWERED);
	assert_int_equal(guard__watch(guard), 0);
	assert_int_equal(guard__finish(guard).result, GUARD_RESTORED);
	assert_int_equal(limit(), OLD);

	guard = start_with(false);
	assert_int_equal(guard__finish(guard).result, GUARD_NOTHING);

	guard = start_keeping(false, true);
	assert_int_equal(guard__write(guard, LOWERED), 0);
	assert_int_equal(guard__finish(guard).result, GUARD_KEPT);
	assert_int_equal(limit(), LOWERED);
}

static void test_leaves_what_others_wrote(void **state)
{
	struct guard *guard = start_with(false);

	(void)state;
	assert_int_equal(guard__write(guard, LOWERED), 0);
	put("memory.max", "209715200\n");
	assert_int_equal(guard__finish(guard).result, GUARD_CHANGED);
	assert_true(guard__has_failed(GUARD_CHANGED));
	assert_int_equal(limit(), 209715200);
}

/* The old limit is below what the target needs by now. */
static void test_would_kill(void **state)
{
	struct guard *guard = start_with(false);

	(void)state;
	assert_int_equal(guard__write(guard, RAISED), 0);
	put("memory.current", "209715200\n");
	assert_int_equal(guard__finish(guard).result, GUARD_WOULD_KILL);
	assert_int_equal(limit(), RAISED);
	assert_true(guard__has_failed(GUARD_WOULD_KILL));
	assert_non_null(strstr(guard__words(GUARD_WOULD_KILL), "NOT RESTORED"));

	set_up(NULL);
	guard = start_with(true);
	assert_int_equal(guard__write(guard, RAISED), 0);
	put("memory.current", "209715200\n");
	assert_int_equal(guard__finish(guard).result, GUARD_RESTORED);
	assert_int_equal(limit(), OLD);

	/* Page cache can go. */
	set_up(NULL);
	guard = start_with(false);
	assert_int_equal(guard__write(guard, RAISED), 0);
	put("memory.current", "209715200\n");
	put("memory.stat", "inactive_file 157286400\n");
	assert_int_equal(guard__finish(guard).result, GUARD_RESTORED);
}

static void test_one_at_a_time(void **state)
{
	struct guard_request request = {
		.dir_fd = dir_fd,
		.file = "memory.max",
		.cgroup_id = (uint64_t)getpid() << 32,
	};
	struct guard *guard, *second = NULL;

	(void)state;
	/* Anybody may open and lock the cgroup's folder. */
	assert_int_equal(flock(dir_fd, LOCK_EX | LOCK_NB), 0);
	guard = start_with(false);
	assert_int_equal(guard__start(&request, &second), -EWOULDBLOCK);
	guard__finish(guard);
	guard = start_with(false);
	guard__finish(guard);
	flock(dir_fd, LOCK_UN);
}

static void test_not_a_cgroup(void **state)
{
	struct guard_request request = { .dir_fd = dir_fd, .file = "memory.high", .cgroup_id = 1 };
	struct guard *guard = NULL;

	(void)state;
	assert_int_equal(guard__start(&request, &guard), -ENOENT);
	put("memory.max", "no number\n");
	request.file = "memory.max";
	assert_int_equal(guard__start(&request, &guard), -EBADMSG);
	assert_null(guard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_two_limits, set_up),
		cmocka_unit_test_setup(test_puts_back, set_up),
		cmocka_unit_test_setup(test_leaves_what_others_wrote, set_up),
		cmocka_unit_test_setup(test_would_kill, set_up),
		cmocka_unit_test_setup(test_one_at_a_time, set_up),
		cmocka_unit_test_setup(test_not_a_cgroup, set_up),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
