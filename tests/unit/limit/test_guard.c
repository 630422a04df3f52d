// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard on a folder with the files of a cgroup: what it promises needs no kernel's limit. Limits have nine
 * digits, since a plain file keeps what a shorter write leaves over.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "limit/guard.h"

#define OLD 134217728ULL
#define RAISED 268435456ULL
#define LOWERED 104857600ULL

static char folder[] = "/tmp/oomtrace-guard-XXXXXX";
static int dir_fd;

static void put(const char *name, const char *text)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static uint64_t limit(void)
{
	char text[32] = "";
	int fd = openat(dir_fd, "memory.max", O_RDONLY | O_CLOEXEC);

	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strtoull(text, NULL, 10);
}

static struct guard *start_with(bool even_if_it_kills)
{
	struct guard_request request = {
		.dir_fd = dir_fd,
		.file = "memory.max",
		.cgroup_id = (uint64_t)getpid() << 32,
		.even_if_it_kills = even_if_it_kills,
	};
	struct guard *guard = NULL;

	assert_int_equal(guard__start(&request, &guard), 0);
	assert_int_equal(guard__lock_error(guard), 0);
	assert_int_equal(guard__old_bytes(guard), OLD);
	return guard;
}

static int set_up(void **state)
{
	(void)state;
	put("memory.max", "134217728\n");
	put("memory.current", "52428800\n");
	put("memory.stat", "active_anon 52428800\ninactive_file 0\n");
	put("memory.events", "oom 0\noom_kill 0\n");
	return 0;
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

static void test_puts_back(void **state)
{
	struct guard *guard = start_with(false);

	(void)state;
	assert_int_equal(guard__write(guard, LOWERED), 0);
	assert_int_equal(limit(), LOWERED);
	assert_int_equal(guard__watch(guard), 0);
	assert_int_equal(guard__finish(guard, false).result, GUARD_RESTORED);
	assert_int_equal(limit(), OLD);

	guard = start_with(false);
	assert_int_equal(guard__finish(guard, false).result, GUARD_NOTHING);

	guard = start_with(false);
	assert_int_equal(guard__write(guard, LOWERED), 0);
	assert_int_equal(guard__finish(guard, true).result, GUARD_KEPT);
	assert_int_equal(limit(), LOWERED);
}

static void test_leaves_what_others_wrote(void **state)
{
	struct guard *guard = start_with(false);

	(void)state;
	assert_int_equal(guard__write(guard, LOWERED), 0);
	put("memory.max", "209715200\n");
	assert_int_equal(guard__finish(guard, false).result, GUARD_CHANGED);
	assert_int_equal(limit(), 209715200);
}

/* Somebody has killed the guard: who started it does its work. */
static void test_guard_is_killed(void **state)
{
	struct guard *guard = start_with(false);

	(void)state;
	assert_int_equal(guard__write(guard, LOWERED), 0);
	kill(await_guard(), SIGKILL);
	assert_int_equal(guard__finish(guard, false).result, GUARD_RESTORED);
	assert_int_equal(limit(), OLD);
}

static void test_guard_is_stopped(void **state)
{
	struct guard *guard = start_with(false);

	(void)state;
	assert_int_equal(guard__write(guard, LOWERED), 0);
	kill(await_guard(), SIGSTOP);
	assert_int_equal(guard__finish(guard, false).result, GUARD_RESTORED);
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
	assert_int_equal(guard__finish(guard, false).result, GUARD_RESTORED);
	assert_int_equal(limit(), OLD);
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
	assert_int_equal(waitpid(child, NULL, 0), child);
	while (limit() != OLD)
		pause_a_little();
}

static void test_all_but_the_guard_are_killed(void **state)
{
	(void)state;
	check_killed(false);
	set_up(NULL);
	check_killed(true);
}

/* The old limit is below what the target needs by now. */
static void test_would_kill(void **state)
{
	struct guard *guard = start_with(false);

	(void)state;
	assert_int_equal(guard__write(guard, RAISED), 0);
	put("memory.current", "209715200\n");
	assert_int_equal(guard__finish(guard, false).result, GUARD_WOULD_KILL);
	assert_int_equal(limit(), RAISED);
	assert_true(guard__has_failed(GUARD_WOULD_KILL));
	assert_non_null(strstr(guard__words(GUARD_WOULD_KILL), "NOT RESTORED"));

	set_up(NULL);
	guard = start_with(true);
	assert_int_equal(guard__write(guard, RAISED), 0);
	put("memory.current", "209715200\n");
	assert_int_equal(guard__finish(guard, false).result, GUARD_RESTORED);
	assert_int_equal(limit(), OLD);

	/* Page cache can go. */
	set_up(NULL);
	guard = start_with(false);
	assert_int_equal(guard__write(guard, RAISED), 0);
	put("memory.current", "209715200\n");
	put("memory.stat", "inactive_file 157286400\n");
	assert_int_equal(guard__finish(guard, false).result, GUARD_RESTORED);
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
	guard__finish(guard, false);
	guard = start_with(false);
	guard__finish(guard, false);
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
	guard__finish(guard, false);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	/* Where locks are, of all users but root. */
	setenv("XDG_RUNTIME_DIR", folder, 1);
	dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "memory.max", "memory.current", "memory.stat", "memory.events" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlinkat(dir_fd, names[i], 0);
	unlinkat(dir_fd, "oomtrace", AT_REMOVEDIR);
	close(dir_fd);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_puts_back, set_up),
		cmocka_unit_test_setup(test_leaves_what_others_wrote, set_up),
		cmocka_unit_test_setup(test_guard_is_killed, set_up),
		cmocka_unit_test_setup(test_guard_is_stopped, set_up),
		cmocka_unit_test_setup(test_guard_is_replaced, set_up),
		cmocka_unit_test_setup(test_all_but_the_guard_are_killed, set_up),
		cmocka_unit_test_setup(test_would_kill, set_up),
		cmocka_unit_test_setup(test_one_at_a_time, set_up),
		cmocka_unit_test_setup(test_not_a_cgroup, set_up),
		cmocka_unit_test_setup(test_many_descriptors, set_up),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
