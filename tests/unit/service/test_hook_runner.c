// SPDX-License-Identifier: GPL-2.0-only
/* Real commands; there is no hierarchy of cgroups, so that a hook's process group is all that can be killed. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "hanging_fuse.h"
#include "service/hook_files.h"

/* In which a hook has begun, on a busy machine, too. */
#define TIME_NS (3 * NS_PER_S)

static char folder[64];

static int make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/oomtrace-hooks-XXXXXX");
	return !mkdtemp(folder);
}

static int unmake(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static struct hook_runner *start_with(const char *command, uint64_t limit_ns, bool snapshots)
{
	static const struct cgroup__hierarchy nowhere = { .version = 2, .mount = "/nowhere", .root = "/" };
	static char text[512];
	const struct hook_runner_options opts = { .commands = { [HOOK_OOM] = text },
						  .limit_ns = limit_ns,
						  .snapshot = snapshots,
						  .hierarchy = &nowhere };
	struct hook_runner *runner;

	snprintf(text, sizeof(text), command, folder, folder);
	assert_int_equal(hook_runner__start(&opts, &runner), 0);
	return runner;
}

static struct hook_runner *start(const char *command, uint64_t limit_ns)
{
	return start_with(command, limit_ns, false);
}

static int ask(struct hook_runner *runner, uint32_t number, const char *cgroup, const char *environment,
	       size_t size, const char *input)
{
	static struct hook_request request;
	int fd = memfd_create("input", MFD_CLOEXEC), err;

	assert_true(fd >= 0 && write(fd, input, strlen(input)) >= 0 && !lseek(fd, 0, SEEK_SET));
	memset(&request, 0, sizeof(request));
	request.number = number;
	request.event = HOOK_OOM;
	request.want = HOOK_WANT_COMMAND;
	strcpy(request.cgroup, cgroup);
	memcpy(request.environment, environment, size);
	err = hook_runner__ask(runner, &request, fd);
	close(fd);
	return err;
}

#define ASK(runner, number, cgroup, environment, input) \
	assert_int_equal(ask(runner, number, cgroup, environment, sizeof(environment), input), 0)

static struct hook_answer wait_answer(struct hook_runner *runner)
{
	struct pollfd fd = { .fd = hook_runner__fd(runner), .events = POLLIN };
	struct hook_answer answer = {};
	int snapshot_fd;

	assert_int_equal(poll(&fd, 1, 300000), 1);
	assert_int_equal(hook_runner__take(runner, &answer, &snapshot_fd), 1);
	assert_int_equal(snapshot_fd, -1);
	return answer;
}

static const char *text_of(const char *name)
{
	static char text[512];
	char path[128];
	FILE *f;
	size_t got;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "re");
	assert_non_null(f);
	got = fread(text, 1, sizeof(text) - 1, f);
	text[got] = '\0';
	fclose(f);
	return text;
}

/* The record on stdin, facts in the environment, and a name is never more than a value. */
static void test_run(void **state)
{
	struct hook_runner *runner = start(
		"sh -c 'cat >%s/in; printf %%s \"$OOMTRACE_CONTAINER\" >%s/name; exit 3'", 60 * NS_PER_S);
	struct hook_answer answer = {};

	(void)state;
	ASK(runner, 7, "/a", "OOMTRACE_CONTAINER=$(touch x) `y` ';\"\0", "{\"type\":\"oom\"}\n");
	answer = wait_answer(runner);
	assert_int_equal(answer.number, 7);
	assert_int_equal(answer.result, HOOK_ENDED);
	assert_int_equal(WEXITSTATUS(answer.status), 3);
	assert_true(answer.started_ns && answer.ended_ns >= answer.started_ns && !answer.frozen_ns);
	assert_string_equal(text_of("in"), "{\"type\":\"oom\"}\n");
	assert_string_equal(text_of("name"), "$(touch x) `y` ';\"");
	hook_runner__stop(runner);
}

static void wait_until_gone(pid_t pid)
{
	while (!kill(pid, 0)) {
		char path[64], stat[256] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		f = fopen(path, "re");
		if (!f || !fgets(stat, sizeof(stat), f) || strstr(stat, ") Z ")) {
			if (f)
				fclose(f);
			break; /* nobody has taken its status, and nobody will */
		}
		fclose(f);
		usleep(1000);
	}
}

/* What it started dies with it, and it dies when its time is over. */
static void test_time(void **state)
{
	struct hook_runner *runner = start("sh -c 'sleep 1000 & echo $! >%s/pid; wait'", TIME_NS);
	uint64_t asked_ns = clock__ns(CLOCK_BOOTTIME);
	struct hook_answer answer = {};

	(void)state;
	ASK(runner, 1, "/a", "", "");
	answer = wait_answer(runner);
	assert_int_equal(answer.result, HOOK_TIMED_OUT);
	assert_true(answer.ended_ns - asked_ns >= TIME_NS);
	wait_until_gone((pid_t)atoi(text_of("pid")));
	hook_runner__stop(runner);
}

/* So does what it leaves behind when it ends by itself. */
static void test_left_behind(void **state)
{
	struct hook_runner *runner =
		start("sh -c 'sleep 1000 >/dev/null 2>&1 & echo $! >%s/pid; exit 5'", 600 * NS_PER_S);
	struct hook_answer answer = {};

	(void)state;
	ASK(runner, 1, "/a", "", "");
	answer = wait_answer(runner);
	assert_int_equal(answer.result, HOOK_ENDED);
	assert_int_equal(WEXITSTATUS(answer.status), 5);
	wait_until_gone((pid_t)atoi(text_of("pid")));
	hook_runner__stop(runner);
}

/* One at a time for each cgroup, and the next when it is over. */
static void test_busy(void **state)
{
	struct hook_runner *runner =
		start("sh -c 'read line; while [ ! -e %s/go ]; do sleep 0.01; done'", 600 * NS_PER_S);
	struct hook_answer answer = {};
	char path[128];

	(void)state;
	ASK(runner, 1, "/a", "", "\n");
	ASK(runner, 2, "/a", "", "\n");
	answer = wait_answer(runner);
	assert_int_equal(answer.number, 2);
	assert_int_equal(answer.result, HOOK_BUSY);
	ASK(runner, 3, "/b", "", "\n");
	snprintf(path, sizeof(path), "%s/go", folder);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	for (int i = 0; i < 2; i++) {
		answer = wait_answer(runner);
		assert_true(answer.number == 1 || answer.number == 3);
		assert_int_equal(answer.result, HOOK_ENDED);
	}
	ASK(runner, 4, "/a", "", "\n");
	assert_int_equal(wait_answer(runner).result, HOOK_ENDED);
	hook_runner__stop(runner);
}

/* One to tell growth doesn't wait for the command that began at the mark. */
static void test_snapshot_beside(void **state)
{
	struct hook_runner *runner =
		start_with("sh -c 'while [ ! -e %s/go ]; do sleep 0.01; done'", 600 * NS_PER_S, true);
	static struct hook_request request = {
		.event = HOOK_NEAR_LIMIT, .want = HOOK_WANT_SNAPSHOT, .snapshot_number = 2, .cgroup = "/a"
	};
	struct pollfd fd = { .fd = hook_runner__fd(runner), .events = POLLIN };
	struct hook_answer answer = {};
	char path[128];
	int snapshot_fd = -1;

	(void)state;
	assert_int_equal(hook_files__give(runner, 0, 0), 0); /* these aren't BPF's: it goes without */
	ASK(runner, 1, "/a", "", "");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hook_runner__ask(runner, &request, -1), 0);
		assert_true(poll(&fd, 1, -1) == 1 && hook_runner__take(runner, &answer, &snapshot_fd) == 1);
		assert_true(answer.is_snapshot && answer.number == 2);
		assert_int_equal(answer.result, HOOK_ENDED);
		assert_true(snapshot_fd >= 0 && answer.started_ns && answer.ended_ns > answer.started_ns);
		close(snapshot_fd);
	}
	snprintf(path, sizeof(path), "%s/go", folder);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	answer = wait_answer(runner);
	assert_true(answer.number == 1 && answer.result == HOOK_ENDED && !answer.is_snapshot);
	hook_runner__stop(runner);
}

static void test_refused(void **state)
{
	struct hook_runner *runner = start("sh -c 'echo run >%s/run'", 60 * NS_PER_S);
	static struct hook_request request = { .number = 2,
					       .event = HOOK_NEAR_LIMIT,
					       .want = HOOK_WANT_COMMAND };
	struct hook_answer answer = {};
	char path[128];

	(void)state;
	/* Who traces may be somebody else's by then. */
	ASK(runner, 1, "/a", "LD_PRELOAD=/x\0", "");
	answer = wait_answer(runner);
	assert_int_equal(answer.result, HOOK_FAILED);
	assert_int_equal(answer.error, -EINVAL);
	/* There is no such hook. */
	assert_int_equal(hook_runner__ask(runner, &request, STDIN_FILENO), 0);
	assert_int_equal(wait_answer(runner).result, HOOK_FAILED);
	request.want = HOOK_WANT_SNAPSHOT; /* nor this */
	assert_int_equal(hook_runner__ask(runner, &request, -1), 0);
	answer = wait_answer(runner);
	assert_true(answer.is_snapshot && answer.result == HOOK_FAILED);
	request.want = HOOK_WANT_COMMAND;
	request.event = 99;
	assert_int_equal(hook_runner__ask(runner, &request, STDIN_FILENO), 0);
	assert_int_equal(wait_answer(runner).result, HOOK_FAILED);
	snprintf(path, sizeof(path), "%s/run", folder);
	assert_int_equal(access(path, F_OK), -1);
	hook_runner__stop(runner);
}

/* Who takes no answers keeps nobody from killing a hook in time. */
static void test_unheard(void **state)
{
	struct hook_runner *runner = start("sh -c 'echo $$ >%s/pid; exec sleep 1000'", TIME_NS);
	uint64_t end_ns = clock__ns(CLOCK_MONOTONIC) + 60 * NS_PER_S;
	pid_t pid = 0;

	(void)state;
	ASK(runner, 1, "/a", "", "");
	while (!pid && clock__ns(CLOCK_MONOTONIC) < end_ns) {
		char path[128];

		usleep(1000);
		snprintf(path, sizeof(path), "%s/pid", folder);
		pid = access(path, F_OK) ? 0 : (pid_t)atoi(text_of("pid"));
	}
	assert_true(pid);
	/* More than a socket has room for. */
	for (uint32_t i = 0; i < 2000 && clock__ns(CLOCK_MONOTONIC) < end_ns; i++) {
		while (ask(runner, 2, "/a", "", 1, "") == -EAGAIN && clock__ns(CLOCK_MONOTONIC) < end_ns)
			usleep(1000);
	}
	while (!kill(pid, 0) && clock__ns(CLOCK_MONOTONIC) < end_ns)
		usleep(1000);
	assert_int_equal(kill(pid, 0), -1);
	hook_runner__stop(runner);
}

static void test_not_there(void **state)
{
	struct hook_runner *runner = start("/nowhere/program", 60 * NS_PER_S);
	struct hook_answer answer = {};

	(void)state;
	ASK(runner, 1, "/a", "", "");
	answer = wait_answer(runner);
	assert_int_equal(answer.result, HOOK_ENDED);
	assert_int_equal(WEXITSTATUS(answer.status), 127);
	hook_runner__stop(runner);
}

#define USER "/user.slice/user-1000.slice/user@1000.service/app.slice/"
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CONTAINER "/system.slice/docker-" ID ".scope"

static void ask_many(struct hook_runner *runner, const char *below, int count)
{
	char cgroup[256];

	for (int i = 0; i < count; i++) {
		snprintf(cgroup, sizeof(cgroup), "%s%d.scope", below, i);
		ASK(runner, (uint32_t)i, cgroup, "", "\n");
	}
}

/* Who may make cgroups fills some of the places, and others have theirs. */
static void test_neighbours(void **state)
{
	struct hook_runner *runner =
		start("sh -c 'read line; while [ ! -e %s/go ]; do sleep 0.01; done'", 600 * NS_PER_S);
	struct hook_answer answer;
	int ended = 0;
	char path[128];

	(void)state;
	ask_many(runner, USER, 20);
	for (int i = 0; i < 18; i++)
		assert_int_equal(wait_answer(runner).result, HOOK_BUSY);
	ask_many(runner, CONTAINER "/", 20);
	for (int i = 0; i < 17; i++)
		assert_int_equal(wait_answer(runner).result, HOOK_BUSY);
	ASK(runner, 100, "/system.slice/web.service", "", "\n");
	ASK(runner, 101, "/lxc.payload.web", "", "\n");
	snprintf(path, sizeof(path), "%s/go", folder);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	for (int i = 0; i < 7; i++) {
		answer = wait_answer(runner);
		assert_int_equal(answer.result, HOOK_ENDED);
		ended += answer.number >= 100;
	}
	assert_int_equal(ended, 2);
	hook_runner__stop(runner);
}

/* One that can't be killed keeps its place, so that there is no end of such ones. */
static void test_left(void **state)
{
	struct hook_runner *runner;
	pid_t server = 0;
	char path[128];

	(void)state;
	fuse_begin();
	snprintf(path, sizeof(path), "%s/f", folder);
	if (fuse_leave_mounts() || mkdir(path, 0755) || !(server = fuse_mount(path)))
		skip();
	assert_int_equal(access(path, F_OK), 0); /* it is served */
	runner = start("ls %s/f/x", TIME_NS);
	*fuse_hangs = true;
	ASK(runner, 1, "/a", "", "");
	assert_int_equal(wait_answer(runner).result, HOOK_TIMED_OUT);
	ASK(runner, 2, "/a", "", "");
	assert_int_equal(wait_answer(runner).result, HOOK_BUSY);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	while (ASK(runner, 3, "/a", "", ""), wait_answer(runner).result == HOOK_BUSY)
		usleep(1000);
	hook_runner__stop(runner);
	umount2(path, MNT_DETACH);
	fuse_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_run, make, unmake),
		cmocka_unit_test_setup_teardown(test_time, make, unmake),
		cmocka_unit_test_setup_teardown(test_left_behind, make, unmake),
		cmocka_unit_test_setup_teardown(test_busy, make, unmake),
		cmocka_unit_test_setup_teardown(test_snapshot_beside, make, unmake),
		cmocka_unit_test_setup_teardown(test_refused, make, unmake),
		cmocka_unit_test_setup_teardown(test_unheard, make, unmake),
		cmocka_unit_test_setup_teardown(test_not_there, make, unmake),
		cmocka_unit_test_setup_teardown(test_neighbours, make, unmake),
		cmocka_unit_test_setup_teardown(test_left, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
