// SPDX-License-Identifier: GPL-2.0-only
/* The guard as a process: killed, stopped, replaced, and what it holds open. */
#include "guard_folder.h"

static struct guard *start_for(pid_t cgroup, uint64_t old_bytes)
{
	struct guard_request request = { .dir_fd = dir_fd,
					 .file = "memory.max",
					 .cgroup_id = (uint64_t)cgroup };
	struct guard *guard = NULL;

	assert_int_equal(guard__start(&request, &guard), 0);
	assert_int_equal(guard__old_bytes(guard), old_bytes);
	return guard;
}

/* The child of this process that is called so; 0: there is none. */
static pid_t guard_pid(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	assert_non_null(proc);
	while (!found && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		char path[PATH_MAX], text[512] = "", want[64];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		file = pid > 0 ? fopen(path, "r") : NULL;
		if (!file)
			continue;
		if (fgets(text, sizeof(text), file) && strstr(text, "(oomtrace-guard)")) {
			snprintf(want, sizeof(want), ") S %d ", getpid());
			if (strstr(text, want))
				found = pid;
		}
		fclose(file);
	}
	closedir(proc);
	return found;
}

static void pause_a_little(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

/* It has its name only when it has come to run. */
static pid_t await_guard(void)
{
	pid_t pid;

	while (!(pid = guard_pid()))
		pause_a_little();
	return pid;
}

/* Somebody has killed the guard: who started it does its work. */
static void test_guard_is_killed(void **state)
{
	struct guard *guard = start_with(false);

	(void)state;
	assert_int_equal(guard__write(guard, LOWERED), 0);
	kill(await_guard(), SIGKILL);
	assert_int_equal(guard__finish(guard).result, GUARD_RESTORED);
	assert_int_equal(limit(), OLD);
}

static void test_guard_is_stopped(void **state)
{
	struct guard *guard = start_with(false);

	(void)state;
	assert_int_equal(guard__write(guard, LOWERED), 0);
	kill(await_guard(), SIGSTOP);
	assert_int_equal(guard__finish(guard).result, GUARD_RESTORED);
	assert_int_equal(limit(), OLD);
}

static void test_guard_is_replaced(void **state)
{
	struct guard *guard = start_with(false);
	pid_t first = await_guard();

	(void)state;
	assert_int_equal(guard__write(guard, LOWERED), 0);
	kill(first, SIGKILL);
	while (!guard__watch(guard))
		pause_a_little();
	assert_int_not_equal(await_guard(), first);
	assert_int_equal(guard__watch(guard), 0);
	assert_int_equal(guard__finish(guard).result, GUARD_RESTORED);
	assert_int_equal(limit(), OLD);
}

/*
 * A guard that has lost its parent is this process's child. Until it has ended it may write the limit once more, and it
 * holds the lock.
 */
static void await_ends(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
	assert_int_equal(errno, ECHILD);
}

/* Whoever started it is killed, as oomtrace may be; with `replaced` after the guard was, too. */
static void check_killed(bool replaced)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		struct guard *guard;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		guard = start_with(false);
		guard__write(guard, LOWERED);
		if (replaced) {
			kill(await_guard(), SIGKILL);
			while (guard__watch(guard) != 1)
				pause_a_little();
		}
		kill(getpid(), SIGKILL);
	}
	await_ends();
	assert_int_equal(limit(), OLD);
}

/* It is killed together with the one that started it: the next one hears of it, once and as it was at first. */
static void test_killed_together(void **state)
{
	struct guard *guard;
	uint64_t bytes = 0;
	pid_t child, pid;

	(void)state;
	/* The lock is of a cgroup, and the tests name it after the process. */
	for (int i = 0; i < 2; i++) {
		child = fork();
		assert_true(child >= 0);
		if (!child) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			guard = start_for(getppid(), i ? LOWERED : OLD);
			guard__write(guard, LOWERED);
			pid = await_guard();
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			kill(getpid(), SIGKILL);
		}
		await_ends();
		assert_int_equal(limit(), LOWERED);
	}
	guard = start_for(getpid(), LOWERED);
	assert_true(guard__left_over(guard, &bytes));
	assert_int_equal(bytes, OLD);
	guard__finish(guard);

	/* Whoever has put it back leaves nothing. */
	guard = start_for(getpid(), LOWERED);
	assert_false(guard__left_over(guard, &bytes));
	guard__finish(guard);
}

/* Asked to leave the limit alone, it does so however its parent ends. */
static void test_kept_when_killed(void **state)
{
	pid_t child;

	(void)state;
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		struct guard *guard;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		guard = start_keeping(false, true);
		guard__write(guard, LOWERED);
		await_guard();
		kill(getpid(), SIGKILL);
	}
	await_ends();
	assert_int_equal(limit(), LOWERED);
}

static void test_all_but_the_guard_are_killed(void **state)
{
	(void)state;
	check_killed(false);
	set_up(NULL);
	check_killed(true);
}

/* Openings of the limit's file in this process. */
static size_t openings(pid_t pid)
{
	char path[PATH_MAX], to[PATH_MAX], want[PATH_MAX];
	struct dirent *entry;
	size_t count = 0;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	snprintf(want, sizeof(want), "%s/memory.max", folder);
	fds = opendir(path);
	assert_non_null(fds);
	while ((entry = readdir(fds))) {
		ssize_t len = readlinkat(dirfd(fds), entry->d_name, to, sizeof(to) - 1);

		if (len > 0) {
			to[len] = '\0';
			count += !strcmp(to, want);
		}
	}
	closedir(fds);
	return count;
}

/* The kernel lets one at a time use an opening, and a write may take long. */
static void test_has_an_opening_of_its_own(void **state)
{
	struct guard *guard = start_with(false);
	pid_t pid = await_guard();

	(void)state;
	while (openings(pid) != 1)
		pause_a_little();
	assert_int_equal(openings(getpid()), 2);
	guard__finish(guard);
	assert_int_equal(openings(getpid()), 0);
}

/* It holds none of its parent's descriptors, however many there are: their readers wait for their end. */
static void test_many_descriptors(void **state)
{
	struct guard *guard;
	int fds[2], copies[200];
	char byte;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++)
		assert_true((copies[i] = dup(fds[1])) >= 0);
	guard = start_with(false);
	await_guard();
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++)
		close(copies[i]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	guard__finish(guard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_guard_is_killed, set_up),
		cmocka_unit_test_setup(test_guard_is_stopped, set_up),
		cmocka_unit_test_setup(test_guard_is_replaced, set_up),
		cmocka_unit_test_setup(test_all_but_the_guard_are_killed, set_up),
		cmocka_unit_test_setup(test_kept_when_killed, set_up),
		cmocka_unit_test_setup(test_killed_together, set_up),
		cmocka_unit_test_setup(test_has_an_opening_of_its_own, set_up),
		cmocka_unit_test_setup(test_many_descriptors, set_up),
	};

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
