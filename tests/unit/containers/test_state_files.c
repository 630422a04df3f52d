// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "containers/state_files.h"

static char root[] = "/tmp/oomtrace-state-XXXXXX";

/* What runtimes leave in /run, as it was seen on Debian 13. */
static int set_up(void **state)
{
	char command[4096];

	(void)state;
	if (!mkdtemp(root))
		return -1;
	snprintf(
		command, sizeof(command),
		"cd %s && mkdir -p run/containerd/io.containerd.runtime.v2.task/default/web run/runc/box run/crun/cell "
		"run/runc/big run/runc/fifo run/runc/bad && "
		"printf 4711 >run/containerd/io.containerd.runtime.v2.task/default/web/init.pid && "
		"printf '{\"id\":\"box\",\"init_process_pid\":815,\"cgroup_paths\":{\"\":\"/sys/fs/cgroup/box\"}}' "
		">run/runc/box/state.json && "
		"printf '{\"pid\":99,\"cgroup-path\":\"/crun-cell.scope\"}' >run/crun/cell/status && "
		"head -c 2000000 /dev/zero | tr '\\0' '[' >run/runc/big/state.json && "
		"mkfifo run/runc/fifo/state.json && printf '{\"init_process_pid\":-1}' >run/runc/bad/state.json",
		root);
	return system(command);
}

static int tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void test_found(void **state)
{
	static const struct {
		const char *id;
		enum container_runtime runtime;
		pid_t pid;
	} cases[] = {
		{ "web", CONTAINER__CONTAINERD, 4711 },
		{ "box", CONTAINER__OCI, 815 },
		{ "cell", CONTAINER__OCI, 99 },
	};
	struct state_file found;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(state_files__find(root, cases[i].id, &found), 0);
		assert_int_equal(found.runtime, cases[i].runtime);
		assert_string_equal(found.id, cases[i].id);
		assert_int_equal(found.pid, cases[i].pid);
	}
}

/* None of these may hang, cost memory, or lead out of the folder. */
static void test_not_found(void **state)
{
	static const char *const ids[] = { "none", "big", "fifo", "bad" };
	static const char *const bad[] = { "", ".", "..", "../runc/box", "a/b" };
	struct state_file found;

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(state_files__find(root, ids[i], &found), -ENOENT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(state_files__find(root, bad[i], &found), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_not_found),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
