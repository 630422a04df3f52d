// SPDX-License-Identifier: GPL-2.0-only
/* Which cgroups are refused, before any file is written. Suite near-limit freezes real ones. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "service/hook_freezer.h"

static struct cgroup__hierarchy h = { .version = 2, .root = "/" };

static void put(const char *cgroup, const char *freeze)
{
	char path[PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", h.mount, cgroup);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/cgroup.freeze");
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(freeze, f);
	fclose(f);
}

static char frozen(const char *cgroup)
{
	char path[PATH_MAX + 64];
	FILE *f;
	int c;

	snprintf(path, sizeof(path), "%s%s/cgroup.freeze", h.mount, cgroup);
	f = fopen(path, "re");
	assert_non_null(f);
	c = fgetc(f);
	fclose(f);
	return (char)c;
}

static int make(void **state)
{
	(void)state;
	strcpy(h.mount, "/tmp/oomtrace-freezer-XXXXXX");
	if (!mkdtemp(h.mount))
		return -1;
	put("/a", "0\n");
	put("/a/b", "0\n");
	put("/a/b/c", "0\n");
	put("/a/bb", "0\n");
	put("/a/b/paused", "1\n");
	return 0;
}

static int unmake(void **state)
{
	char command[PATH_MAX + 64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", h.mount);
	return system(command);
}

static struct hook_freezer *start(const char *below, bool containers)
{
	const struct hook_freezer_scope scope = { below, containers };
	struct hook_freezer *freezer;

	assert_int_equal(hook_freezer__start(&h, &scope, &freezer), 0);
	return freezer;
}

static void test_refused(void **state)
{
	static const char *const not_below[] = { "",	    "/",	 "/a",	  "/a/bb",
						 "/a/b/..", "/a/b/../b", "/a//b", "/a/./b",
						 "/a/b/c/", "/a/b/../",	 "a/b",	  "/a/b/." };
	struct hook_freezer *freezer = start("/a/b", false);
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(not_below) / sizeof(*not_below); i++) {
		fd = hook_freezer__freeze(freezer, not_below[i]);
		if (fd != -EXDEV)
			fail_msg("'%s': %d", not_below[i], fd);
	}
	assert_int_equal(hook_freezer__freeze(freezer, "/a/b/gone"), -ENOENT);
	/* Who has frozen it will let it go. */
	assert_int_equal(hook_freezer__freeze(freezer, "/a/b/paused"), -EALREADY);
	fd = hook_freezer__freeze(freezer, "/a/b/c");
	assert_true(fd >= 0);
	assert_int_equal(frozen("/a/b/c"), '1');
	assert_int_equal(hook_freezer__thaw(freezer, fd), 0);
	assert_int_equal(frozen("/a/b/c"), '0');
	hook_freezer__stop(freezer);
	assert_int_equal(frozen("/a/b/paused"), '1');
	assert_int_equal(frozen("/a"), '0');
}

/* A path of a container's, in which a folder may be made here. */
#define CONTAINER "/lxc.payload.web"

static void test_containers(void **state)
{
	struct hook_freezer *freezer = start("", true);
	int number;

	(void)state;
	put(CONTAINER, "0\n");
	put(CONTAINER "/inside", "0\n");
	assert_int_equal(hook_freezer__freeze(freezer, "/a"), -EXDEV);
	assert_int_equal(hook_freezer__freeze(freezer, "/"), -EXDEV);
	number = hook_freezer__freeze(freezer, CONTAINER);
	assert_true(number >= 0);
	assert_int_equal(hook_freezer__thaw(freezer, number), 0);
	number = hook_freezer__freeze(freezer, CONTAINER "/inside");
	assert_true(number >= 0);
	assert_int_equal(hook_freezer__thaw(freezer, number), 0);
	hook_freezer__stop(freezer);
}

/* As `docker pause` does it: the file is opened, written to and closed. */
static void write_as_somebody(const char *cgroup, const char *text)
{
	char path[PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s/cgroup.freeze", h.mount, cgroup);
	f = fopen(path, "r+e");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* What somebody else has written since is left as it is, by us and by the other process. */
static void test_somebody_else(void **state)
{
	struct hook_freezer *freezer = start("/a", false);
	int number = hook_freezer__freeze(freezer, "/a/b");

	(void)state;
	assert_true(number >= 0);
	write_as_somebody("/a/b", "1");
	assert_int_equal(hook_freezer__thaw(freezer, number), -EALREADY);
	assert_int_equal(frozen("/a/b"), '1');

	number = hook_freezer__freeze(freezer, "/a/b/c");
	write_as_somebody("/a/b/c", "0");
	assert_int_equal(hook_freezer__thaw(freezer, number), 0);
	assert_int_equal(frozen("/a/b/c"), '0');

	assert_true(hook_freezer__freeze(freezer, "/a/b/c") >= 0);
	assert_true(hook_freezer__freeze(freezer, "/a/bb") >= 0);
	write_as_somebody("/a/bb", "1");
	hook_freezer__stop(freezer);
	assert_int_equal(frozen("/a/b/c"), '0');
	assert_int_equal(frozen("/a/bb"), '1');
}

/* Our child of that name; 0: there is none. */
static pid_t find_child(const char *name)
{
	char line[256], comm[64];
	pid_t found = 0;
	FILE *ps = popen("cat /proc/[0-9]*/stat 2>/dev/null", "re");
	int pid, parent;
	char run_state;

	assert_non_null(ps);
	while (fgets(line, sizeof(line), ps)) {
		if (sscanf(line, "%d (%63[^)]) %c %d", &pid, comm, &run_state, &parent) == 4 &&
		    parent == getpid() && !strcmp(comm, name) && run_state != 'Z')
			found = pid;
	}
	pclose(ps);
	return found;
}

static pid_t wait_for_child(const char *name, pid_t but)
{
	for (;;) {
		pid_t pid = find_child(name);

		if (pid && pid != but)
			return pid;
		usleep(10000);
	}
}

/* The other process is killed, or stopped so that it takes nothing: the next one knows what is frozen. */
static void test_replaced(void **state)
{
	struct hook_freezer *freezer = start("/a", false);
	pid_t first = wait_for_child("oomtrace-thaw", 0), second;

	(void)state;
	assert_true(hook_freezer__freeze(freezer, "/a/b/c") >= 0);
	kill(first, SIGKILL);
	assert_int_equal(waitpid(first, NULL, 0), first);
	hook_freezer__ended(freezer, first);
	second = wait_for_child("oomtrace-thaw", first);
	/* Nothing is let go by that. */
	assert_int_equal(frozen("/a/b/c"), '1');

	kill(second, SIGKILL);
	assert_int_equal(waitpid(second, NULL, 0), second);
	assert_true(hook_freezer__freeze(freezer, "/a/bb") >= 0);
	wait_for_child("oomtrace-thaw", second);
	hook_freezer__stop(freezer);
	assert_int_equal(frozen("/a/b/c"), '0');
	assert_int_equal(frozen("/a/bb"), '0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refused, make, unmake),
		cmocka_unit_test_setup_teardown(test_containers, make, unmake),
		cmocka_unit_test_setup_teardown(test_somebody_else, make, unmake),
		cmocka_unit_test_setup_teardown(test_replaced, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
