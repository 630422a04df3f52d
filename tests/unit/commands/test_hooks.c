// SPDX-License-Identifier: GPL-2.0-only
/* What is told of hooks when many are asked for before anybody looks at an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "commands/hooks.h"

/* More than oomtrace keeps in mind. */
#define STORM 50

static const struct cgroup__hierarchy nowhere = { .version = 2, .mount = "/nowhere", .root = "/" };
static const struct target machine = { .kind = "machine" };

struct told {
	int hooks, ended, not_run;
};

static void tell(void *ctx, const struct record *record)
{
	struct told *told = ctx;

	assert_int_equal(record->kind, RECORD_HOOK);
	assert_string_equal(record->hook.program, "true");
	assert_string_equal(record->hook.cgroup, "/a");
	told->hooks++;
	told->ended += record->hook.result == HOOK_RESULT_ENDED;
	told->not_run += record->hook.result == HOOK_RESULT_BUSY || record->hook.result == HOOK_RESULT_FAILED;
}

static bool never(void *ctx)
{
	(void)ctx;
	return false;
}

/* Each incident has a hook, or a word that it has none. */
static void test_storm(void **state)
{
	const struct trace_options opts = { .on_oom = "true", .hook_time_ns = 600 * NS_PER_S };
	struct record_level limit = { .path = "/a" };
	struct record record = { .kind = RECORD_OOM, .time.boot_ns = NS_PER_S, .oom.limit = &limit };
	struct told told = {};
	struct hooks *hooks;

	(void)state;
	assert_int_equal(hooks__start(&opts, &nowhere, &machine, tell, &told, &hooks), 0);
	for (limit.id = 1; limit.id <= STORM; limit.id++) {
		hooks__on_record(hooks, &record);
		usleep(2000); /* for the other process to take it, and answer */
	}
	hooks__finish(hooks, never, NULL);
	assert_int_equal(told.hooks, STORM);
	assert_true(told.ended);
	assert_int_equal(told.ended + told.not_run, STORM);
	hooks__free(hooks);
}

static void tell_web(void *ctx, const struct record *record)
{
	if (!strcmp(record->hook.cgroup, "/web"))
		*(int *)ctx = (int)record->hook.result;
}

/* A storm of one owner of cgroups leaves others their hook, however few are kept in mind. */
static void test_neighbours(void **state)
{
	const struct trace_options opts = { .on_oom = "true", .hook_time_ns = 600 * NS_PER_S };
	struct record_level limit = { .id = 1000, .path = "/web" };
	struct record record = { .kind = RECORD_OOM, .time.boot_ns = NS_PER_S, .oom.limit = &limit };
	struct hooks *hooks;
	int result = -1;
	char path[64];

	(void)state;
	assert_int_equal(hooks__start(&opts, &nowhere, &machine, tell_web, &result, &hooks), 0);
	limit.path = path;
	for (limit.id = 1; limit.id <= STORM; limit.id++) {
		snprintf(path, sizeof(path), "/user.slice/user-1000.slice/%d.scope", (int)limit.id);
		hooks__on_record(hooks, &record);
	}
	limit.path = "/web";
	hooks__on_record(hooks, &record);
	hooks__finish(hooks, never, NULL);
	assert_int_equal(result, HOOK_RESULT_ENDED);
	hooks__free(hooks);
}

static void count_not_run(void *ctx, const struct record *record)
{
	*(int *)ctx += record->hook.result != HOOK_RESULT_ENDED;
}

/* The machine's hook doesn't wait for that of a limit so far down that its path isn't known. */
static void test_deep(void **state)
{
	const struct trace_options opts = { .on_oom = "sleep 1", .hook_time_ns = 600 * NS_PER_S };
	struct record_level limit = { .id = 7 };
	struct record record = { .kind = RECORD_OOM, .time.boot_ns = NS_PER_S, .oom.limit = &limit };
	struct hooks *hooks;
	int not_run = 0;

	(void)state;
	assert_int_equal(hooks__start(&opts, &nowhere, &machine, count_not_run, &not_run, &hooks), 0);
	hooks__on_record(hooks, &record);
	record.oom.limit = NULL;
	hooks__on_record(hooks, &record);
	hooks__finish(hooks, never, NULL);
	assert_int_equal(not_run, 0);
	hooks__free(hooks);
}

static void tell_why(void *ctx, const struct record *record)
{
	*(char **)ctx = strdup(record->hook.not_frozen ? record->hook.not_frozen : "frozen");
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NOT_FOUND "No such file or directory"
#define REFUSED "it is neither the target's cgroup nor a container's"

/*
 * What may be frozen. There are no cgroups here, so that those that may aren't found. A container that was made anew has
 * another cgroup than the one that oomtrace began with, and one that is waited for has none yet.
 */
static void check_scope(enum target_kind kind, const char *name, const char *began, const char *cgroup,
			const char *expected)
{
	const struct trace_options opts = { .on_near_limit = "true",
					    .freeze = true,
					    .target = { .kind = kind, .name = name },
					    .hook_time_ns = 600 * NS_PER_S };
	const struct record record = { .kind = RECORD_NEAR_LIMIT,
				       .time.boot_ns = NS_PER_S,
				       .near_limit = { .cgroup = cgroup, .max_bytes = 4096, .percent = 90 } };
	struct target target = { .kind = "container" };
	char *why = NULL;
	struct hooks *hooks;

	strcpy(target.cgroup, began);
	assert_int_equal(hooks__start(&opts, &nowhere, &target, tell_why, &why, &hooks), 0);
	hooks__on_record(hooks, &record);
	hooks__finish(hooks, never, NULL);
	assert_non_null(why);
	assert_string_equal(why, expected);
	free(why);
	hooks__free(hooks);
}

static void test_scope(void **state)
{
	static const char
		*const container = "/system.slice/docker-" ID ".scope",
		       *const pod = "/kubepods.slice/kubepods-pod11111111_2222_3333_4444_555555555555.slice";

	(void)state;
	check_scope(TARGET_CGROUP, "/a", "/a", "/b", REFUSED);
	check_scope(TARGET_CGROUP, "/a", "/a", container, REFUSED);
	check_scope(TARGET_CGROUP, "/a", "/a", "/a/b", NOT_FOUND);
	check_scope(TARGET_CGROUP, "a//b", "", "/a/b", NOT_FOUND);
	check_scope(TARGET_CGROUP, "/nowhere/a", "", "/a", NOT_FOUND);
	check_scope(TARGET_CGROUP, "/nowhere/a", "", "/b", REFUSED);
	check_scope(TARGET_CONTAINER, "web", "", "/b", REFUSED);
	check_scope(TARGET_CONTAINER, "web", "", container, NOT_FOUND);
	check_scope(TARGET_CONTAINER, "web", "/lxc.payload.web", container, NOT_FOUND);
	check_scope(TARGET_CONTAINER, "web", "", pod, REFUSED);
	check_scope(TARGET_ALL, NULL, "", "/system.slice", REFUSED);
	check_scope(TARGET_ALL, NULL, "", container, NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_storm), cmocka_unit_test(test_neighbours),
					    cmocka_unit_test(test_deep), cmocka_unit_test(test_scope) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
