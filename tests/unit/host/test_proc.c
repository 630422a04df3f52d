// SPDX-License-Identifier: GPL-2.0-only
/* Command lines from /proc, of processes that were forked for it: nothing of theirs is brought into memory. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/proc.h"

struct child {
	pid_t pid;
	char *args; /* where it says that its arguments are */
};

/* Says of this process that its arguments are there; any process may. Returns 0 or -1 with errno. */
static int move_args(char *args, size_t len)
{
	struct prctl_mm_map map = { .exe_fd = (uint32_t)-1 };
	char text[1024] = "", *at;
	int fd = open("/proc/self/stat", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return -1;
	close(fd);
	at = strrchr(text, ')');
	for (int field = 3; at && field <= 51; field++) {
		unsigned long long value;

		at = strchr(at + 1, ' ');
		value = at ? strtoull(at, NULL, 10) : 0;
		if (field == 26)
			map.start_code = value;
		else if (field == 27)
			map.end_code = value;
		else if (field == 28)
			map.start_stack = value;
		else if (field == 45)
			map.start_data = value;
		else if (field == 46)
			map.end_data = value;
		else if (field == 47)
			map.start_brk = value;
		else if (field == 50)
			map.env_start = value;
		else if (field == 51)
			map.env_end = value;
	}
	map.brk = (uintptr_t)sbrk(0);
	map.arg_start = (uintptr_t)args;
	map.arg_end = (uintptr_t)args + len;
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
}

/* Forks a child whose arguments are said to be in `args`. pid 0: the kernel was built without this. */
static struct child fork_with_args(char *args, size_t len)
{
	struct child child = { .args = args };
	int ready[2];
	char done = 0;

	assert_int_equal(pipe(ready), 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (!child.pid) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || move_args(args, len))
			_exit(1);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &done, 1) != 1) {
		waitpid(child.pid, NULL, 0);
		child.pid = 0;
	}
	close(ready[0]);
	return child;
}

static void end(struct child child)
{
	kill(child.pid, SIGKILL);
	waitpid(child.pid, NULL, 0);
}

static uint64_t page_of(struct child child)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t entry = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", child.pid);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &entry, sizeof(entry),
			       (off_t)((uintptr_t)child.args / size * sizeof(entry))),
			 sizeof(entry));
	close(fd);
	return entry;
}

static char *two_pages(void)
{
	char *map = mmap(NULL, 2 * (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(map != MAP_FAILED);
	return map;
}

static void test_own(void **state)
{
	struct cmdline_entry entry, again;
	uint64_t start_ns;

	(void)state;
	assert_int_equal(proc__cmdline((uint32_t)getpid(), &entry), 0);
	assert_non_null(strstr(entry.bytes, "test_proc"));
	assert_false(entry.cut);
	assert_int_equal(proc__start((uint32_t)getpid(), &start_ns), 0);
	assert_true(start_ns == entry.start_ns && start_ns > 0);
	assert_int_equal(proc__cmdline((uint32_t)getpid(), &again), 0);
	assert_memory_equal(&entry, &again, sizeof(entry));
	assert_int_equal(proc__cmdline(UINT32_MAX, &entry), -ESRCH);
}

/* The name of a thread of the kernel has no arguments behind it. */
static void test_kernel_thread(void **state)
{
	struct cmdline_entry entry;

	(void)state;
	if (getpgid(2) != 0) {
		print_message("SKIP: pid 2 is no thread of the kernel here\n");
		skip();
	}
	assert_int_equal(proc__cmdline(2, &entry), -ENODATA);
}

static void test_a_name_that_looks_like_fields(void **state)
{
	struct cmdline_entry before, after;

	(void)state;
	assert_int_equal(proc__cmdline((uint32_t)getpid(), &before), 0);
	assert_int_equal(prctl(PR_SET_NAME, ") 1 (2) R 3 4 5"), 0);
	assert_int_equal(proc__cmdline((uint32_t)getpid(), &after), 0);
	assert_memory_equal(&before, &after, sizeof(before));
}

/* What is in memory is read; so the test below fails for the right reason. */
static void test_present(void **state)
{
	char *map = two_pages();
	struct cmdline_entry entry;
	struct child child;

	(void)state;
	memset(map, 0, 2 * (size_t)sysconf(_SC_PAGESIZE));
	memcpy(map, "a\0b", 4);
	child = fork_with_args(map, 4);
	if (!child.pid) {
		print_message("SKIP: this kernel has no PR_SET_MM_MAP\n");
		skip();
	}
	assert_int_equal(proc__cmdline((uint32_t)child.pid, &entry), 0);
	assert_int_equal(entry.len, 4);
	assert_memory_equal(entry.bytes, "a\0b", 4);
	end(child);
}

/* A page that isn't there stays away: bringing it in would be charged to the process's cgroup. */
static void test_absent(void **state)
{
	struct cmdline_entry entry;
	struct child child;

	(void)state;
	child = fork_with_args(two_pages(), 4);
	if (!child.pid) {
		print_message("SKIP: this kernel has no PR_SET_MM_MAP\n");
		skip();
	}
	assert_int_equal(page_of(child) >> 63, 0);
	assert_int_equal(proc__cmdline((uint32_t)child.pid, &entry), -ENODATA);
	assert_int_equal(page_of(child) >> 63, 0);
	end(child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_kernel_thread),
		cmocka_unit_test(test_a_name_that_looks_like_fields),
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
