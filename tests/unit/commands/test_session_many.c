// SPDX-License-Identifier: GPL-2.0-only
/* Several targets, beside neighbours who make cgroups as they like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "commands/session_many_run.h"

/*
 * A container that its runtime starts again at once has the next run before its end was told, and no name yet. Then an OOM
 * of the next run, of which the model knows all when the end is told, makes it begin.
 */
static void test_begins_while_its_end_is_told(void **state)
{
	struct record_victim victim = {};
	struct record oom = { .kind = RECORD_OOM };
	char expected[sizeof(told)], path[256];

	(void)state;
	begin("web");
	name = "web";
	tell(add(docker(1, "")), docker(1, ""), 0);
	snprintf(called, sizeof(called), "%064x", 1);
	name = NULL;
	tree_remove(&h, docker(1, ""));
	tell(session.many ? programs[0].id : 0, docker(1, ""), MADE_REMOVED);
	snprintf(path, sizeof(path), "%s", docker(2, ""));
	tell(add(path), path, 0);
	snprintf(expected, sizeof(expected), "start %s 1;", docker(1, ""));
	assert_string_equal(told, expected);
	name = "web";
	victim.cgroup = path;
	oom.oom.victims = &victim;
	oom.oom.victim_count = 1;
	held = &oom;
	pass(NS_PER_S);
	snprintf(expected, sizeof(expected), "start %s 1;end %s 1;start %s 2;", docker(1, ""), docker(1, ""),
		 path);
	assert_string_equal(told, expected);
	pass(10 * NS_PER_S);
	assert_string_equal(told, expected);
	end();
}

/* Too many new cgroups at a time: the target among them is followed when there is room. */
static void test_no_room(void **state)
{
	char expected[sizeof(told)];
	uint64_t id;

	(void)state;
	begin("web*");
	name = "web";
	room = 0;
	lost = 1;
	id = add(docker(1, ""));
	pass(2 * NS_PER_S);
	assert_string_equal(told, "");
	room = CGROUPS_MAX;
	pass(2 * NS_PER_S);
	snprintf(expected, sizeof(expected), "start %s 1;", docker(1, ""));
	assert_string_equal(told, expected);
	assert_true(knows(id, TARGET_FOLLOWED));
	end();
}

/* So many cgroups that to look at them takes 3 s: that isn't done all the time. */
static void test_slow_tree(void **state)
{
	char expected[sizeof(told)];

	(void)state;
	begin("web*");
	name = "web";
	look_ns = NS_PER_S;
	lost = 1;
	pass(2 * NS_PER_S);
	look_ns = 0;
	add(docker(1, ""));
	lost = 2;
	pass(5 * NS_PER_S);
	assert_string_equal(told, "");
	pass(60 * NS_PER_S);
	snprintf(expected, sizeof(expected), "start %s 1;", docker(1, ""));
	assert_string_equal(told, expected);
	end();
}

/* Paths that are too long for the programs, and for everybody. */
static void test_cut(void **state)
{
	(void)state;
	begin("web*");
	for (uint64_t id = 1000; id < 1200; id++)
		tell(id, "/user.slice/user-1000.slice/a", MADE_CUT);
	assert_true(knows(1000, TARGET_PENDING));
	pass(2 * NS_PER_S);
	for (uint64_t id = 1000; id < 1200; id++)
		assert_null(flags_of(id));
	end();
}

/* So far down that not all are looked at there. */
static void test_deep(void **state)
{
	char path[400] = "", expected[sizeof(told)];
	uint64_t id = 0;

	(void)state;
	begin("x*");
	name = "x";
	for (int i = 0; i < CGROUP__MAX_DEPTH + 2; i++) {
		strcat(path, "/d");
		tree_add(&h, path);
	}
	strcat(path, docker(7, ""));
	id = add(path);
	tell(id, path, 0);
	snprintf(expected, sizeof(expected), "start %s 1;", path);
	assert_string_equal(told, expected);
	pass(120 * NS_PER_S);
	pass(NS_PER_S);
	assert_string_equal(told, expected);
	assert_true(knows(id, TARGET_FOLLOWED));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {

		cmocka_unit_test(test_begins_while_its_end_is_told),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_slow_tree),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
