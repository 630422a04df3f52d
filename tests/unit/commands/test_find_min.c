// SPDX-License-Identifier: GPL-2.0-only
/*
 * --find-min on a folder with the files of a cgroup. A process plays the kernel and the target: it keeps usage at
 * memory.high, and counts time spent waiting for memory while that is less than the target needs. Limits have nine
 * digits and are whole pages, since a plain file keeps them as they are written.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pty.h>
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
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/exit_codes.h"
#include "cgroup_tree.h"
#include "commands/find_min.h"

#define USAGE 409600000ULL
#define FLOOR 307200000ULL
#define OLD 800000000ULL
#define HOLD_NS (50 * NS_PER_MS)
#define ROUNDS_MIN 10
#define TRIES_MAX 10 /* of a search, each with twice the time of the one before */

static struct cgroup__hierarchy h;

/* What find_min told, for the test to see: it runs in a process of its own, because it gives up its privileges. */
static struct told {
	unsigned int tries, holds, too_small;
	uint64_t lowest_hold, highest_too_small;
	unsigned int mins;
	struct record_min min;
	int code;
	/* Of the process that plays the kernel. */
	uint64_t limit_seen;
	unsigned int rounds; /* since it has seen this limit */
	bool starved;	     /* it was too late for a limit that was tried: the answer means nothing */
} * told;

/* On a busy machine a try may be over before its limit has had any effect. */
static void check_rounds(uint64_t limit_bytes, unsigned int at_least)
{
	if (__atomic_load_n(&told->limit_seen, __ATOMIC_SEQ_CST) != limit_bytes ||
	    __atomic_load_n(&told->rounds, __ATOMIC_SEQ_CST) < at_least)
		told->starved = true;
}

static int take(struct sink *sink, const struct record *record)
{
	(void)sink;
	if (record->kind == RECORD_MIN) {
		told->mins++;
		told->min = record->min;
	}
	if (record->kind != RECORD_MIN_TRY)
		return 0;
	if (record->min_try.result == TRY_BEGUN) {
		told->tries++;
		return 0;
	}
	/* One that is too small is over as soon as that shows. */
	check_rounds(record->min_try.max_bytes, record->min_try.result == TRY_HOLDS ? ROUNDS_MIN : 1);
	if (record->min_try.result == TRY_HOLDS) {
		told->holds++;
		told->lowest_hold = record->min_try.max_bytes;
	} else {
		told->too_small++;
		told->highest_too_small = record->min_try.max_bytes;
	}
	return 0;
}

static void put_usage(void)
{
	tree_put(&h, "/a/memory.current", "409600000\n");
}

static int make(void **state)
{
	(void)state;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	tree_make(&h);
	setenv("XDG_RUNTIME_DIR", h.mount, 1);
	tree_add(&h, "/a");
	tree_put(&h, "/a/memory.high", "800000000\n");
	tree_put(&h, "/a/memory.stat", "inactive_file 102400000\n");
	tree_put(&h, "/a/memory.events", "oom_kill 0\n");
	tree_put(&h, "/a/memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0000000000\n");
	return told == MAP_FAILED;
}

static int unmake(void **state)
{
	(void)state;
	munmap(told, sizeof(*told));
	tree_remove(&h, "");
	return 0;
}

/* The prefix, and so many digits of the value. */
static void put_at(int dir_fd, const char *file, const char *prefix, int digits, uint64_t value)
{
	char text[128];
	int fd = openat(dir_fd, file, O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%s%0*" PRIu64 "\n", prefix, digits, value);

	if (pwrite(fd, text, (size_t)len, 0) != len)
		_exit(1);
	close(fd);
}

/* Until it is killed. */
static _Noreturn void play_kernel(int dir_fd, uint64_t needs)
{
	const struct timespec pause = { .tv_nsec = 500000 };
	uint64_t waited_us = 0, high, now;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (!cgroup__read_u64(dir_fd, "memory.high", &high)) {
			if (high != told->limit_seen) {
				__atomic_store_n(&told->rounds, 0, __ATOMIC_SEQ_CST);
				__atomic_store_n(&told->limit_seen, high, __ATOMIC_SEQ_CST);
			}
			put_at(dir_fd, "memory.current", "", 9, high < USAGE ? high : USAGE);
			if (high < needs)
				put_at(dir_fd, "memory.pressure",
				       "some avg10=0.00 avg60=0.00 avg300=0.00 total=", 10,
				       waited_us += 1000000);
			/* What it has just written may be counted in the try of another limit. */
			if (!cgroup__read_u64(dir_fd, "memory.high", &now) && now != high)
				told->starved = true;
			__atomic_add_fetch(&told->rounds, 1, __ATOMIC_SEQ_CST);
		}
		nanosleep(&pause, NULL);
	}
}

/* terminal_fd: of a terminal that becomes stdout; -1: none */
static _Noreturn void search(int dir_fd, uint64_t hold_ns, int terminal_fd,
			     int (*take_record)(struct sink *, const struct record *))
{
	const struct sink_ops ops = { .take = take_record };
	struct target target = { .cgroup = "/a", .dir_fd = dir_fd, .events_fd = -1 };
	struct sink sink = { .ops = &ops };
	struct guard *guard;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (guard__start(
		    &(struct guard_request){ .dir_fd = dir_fd, .file = "memory.high", .cgroup_id = getpid() },
		    &guard))
		_exit(100);
	if (terminal_fd >= 0)
		dup2(terminal_fd, STDOUT_FILENO);
	told->code =
		find_min__run(&h, &target, guard, hold_ns, &sink, terminal_fd >= 0 ? console__new() : NULL);
	_exit(0);
}

/* What a terminal shows until nobody has its other end any more: its beginning. */
static void read_terminal(int main_fd, char *text, size_t size)
{
	char rest[4096];
	size_t len = 0;
	ssize_t got;

	while ((got = read(main_fd, rest, sizeof(rest))) > 0) {
		size_t room = size - 1 - len;

		memcpy(text + len, rest, (size_t)got < room ? (size_t)got : room);
		len += (size_t)got < room ? (size_t)got : room;
	}
	text[len] = '\0';
}

/* text: what a terminal of 80 columns shows of it; NULL: there is no terminal */
static void find_once(uint64_t needs, uint64_t hold_ns, char *text, size_t size)
{
	struct winsize window = { .ws_row = 24, .ws_col = 80 };
	int dir_fd = cgroup__open(&h, "/a"), main_fd = -1, terminal_fd = -1, status;
	pid_t kernel, finder;

	memset(told, 0, sizeof(*told));
	kernel = fork();
	assert_true(kernel >= 0);
	if (!kernel)
		play_kernel(dir_fd, needs);
	if (text)
		assert_int_equal(openpty(&main_fd, &terminal_fd, NULL, NULL, &window), 0);
	finder = fork();
	assert_true(finder >= 0);
	if (!finder)
		search(dir_fd, hold_ns, terminal_fd, take);
	if (text) {
		close(terminal_fd);
		read_terminal(main_fd, text, size);
		close(main_fd);
	}
	assert_int_equal(waitpid(finder, &status, 0), finder);
	assert_int_equal(status, 0);
	kill(kernel, SIGKILL);
	assert_int_equal(waitpid(kernel, NULL, 0), kernel);
	close(dir_fd);
}

static void find(uint64_t needs)
{
	uint64_t hold_ns = HOLD_NS;

	for (int i = 0; i < TRIES_MAX; i++, hold_ns *= 2) {
		put_usage();
		find_once(needs, hold_ns, NULL, 0);
		if (!told->starved)
			return;
	}
	fail_msg("the process that plays the kernel never runs");
}

static uint64_t high(void)
{
	int dir_fd = cgroup__open(&h, "/a");
	uint64_t bytes = 0;

	assert_int_equal(cgroup__read_u64(dir_fd, "memory.high", &bytes), 0);
	close(dir_fd);
	return bytes;
}

/* The answer is right to 1 %, and what it stands on was tried. */
static void smallest_limit(void **state)
{
	const uint64_t needs = 333000000;

	(void)state;
	find(needs);
	assert_int_equal(told->code, EXIT_DONE);
	assert_int_equal(told->mins, 2);
	assert_true(told->min.usage_bytes == USAGE);
	assert_true(told->min.floor_bytes == FLOOR);
	assert_in_range(told->min.found_bytes, needs, needs + needs / 100 + 1);
	assert_true(told->min.found_bytes == told->lowest_hold);
	assert_in_range(told->highest_too_small, needs - needs / 100 - (1 << 20), needs - 1);
	assert_true(told->min.margin_bytes == told->min.found_bytes / 10);
	assert_int_equal(told->tries, told->holds + told->too_small);
	assert_int_equal(told->min.tries, told->tries);
	assert_true(high() == OLD);
}

/* Even what it uses now is too little: there is nothing to find below. */
static void nothing_holds(void **state)
{
	(void)state;
	find(2 * USAGE);
	assert_int_equal(told->code, EXIT_DONE);
	assert_true(told->min.found_bytes == 0);
	assert_int_equal(told->tries, 1);
	assert_int_equal(told->too_small, 1);
	assert_true(high() == OLD);
}

/* Its folder is empty: nothing can be read of it. */
static void the_target_ends(void **state)
{
	(void)state;
	find_once(FLOOR, HOLD_NS, NULL, 0);
	assert_int_equal(told->code, EXIT_RUNTIME);
	assert_int_equal(told->mins, 0);
	assert_true(high() == OLD);
}

/* docker pause: it would be content with any limit. */
static void the_target_is_frozen(void **state)
{
	(void)state;
	put_usage();
	tree_put(&h, "/a/cgroup.events", "populated 1\nfrozen 1\n");
	find_once(FLOOR, HOLD_NS, NULL, 0);
	assert_int_equal(told->code, EXIT_RUNTIME);
	assert_int_equal(told->mins, 0);
	assert_true(high() == OLD);
}

/* A terminal shows that it lives, and for how long about; nothing of it stays. */
static void on_a_terminal(void **state)
{
	static char text[1 << 16];

	(void)state;
	setenv("TERM", "xterm", 1);
	put_usage();
	find_once(USAGE / 2, 5 * HOLD_NS, text, sizeof(text));
	unsetenv("TERM");
	assert_non_null(strstr(text, "\ra  find-min: try 1 of ~"));
	assert_non_null(strstr(text, " left  ^C ends\033[K"));
	assert_string_equal(text + strlen(text) - strlen("\r\033[K"), "\r\033[K");
}

/* Nobody reads what it prints: told to end, it waits for no reader, and the old value stands again. */
static int take_and_hang(struct sink *sink, const struct record *record)
{
	(void)sink;
	if (record->kind != RECORD_MIN_TRY || record->min_try.result == TRY_BEGUN)
		return 0;
	raise(SIGTERM);
	for (;;)
		pause();
}

static void nobody_reads(void **state)
{
	int dir_fd = cgroup__open(&h, "/a"), status;
	pid_t finder;

	(void)state;
	put_usage();
	finder = fork();
	assert_true(finder >= 0);
	if (!finder)
		search(dir_fd, HOLD_NS, -1, take_and_hang);
	assert_int_equal(waitpid(finder, &status, 0), finder);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_RUNTIME);
	while (high() != OLD)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	close(dir_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(smallest_limit, make, unmake),
		cmocka_unit_test_setup_teardown(nothing_holds, make, unmake),
		cmocka_unit_test_setup_teardown(the_target_ends, make, unmake),
		cmocka_unit_test_setup_teardown(the_target_is_frozen, make, unmake),
		cmocka_unit_test_setup_teardown(on_a_terminal, make, unmake),
		cmocka_unit_test_setup_teardown(nobody_reads, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
