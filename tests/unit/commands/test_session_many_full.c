// SPDX-License-Identifier: GPL-2.0-only
/* Several targets, where there is no room for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "commands/session_many_run.h"

/*
 * Cgroups which look like containers and never have names leave room for one that has: an OOM of a container whose name becomes known with it is
 * told, however many others are waited for.
 */
static void check_names_beside(const char *below)
{
	struct record_victim victim = {};
	const struct record oom = { .kind = RECORD_OOM, .oom = { .victims = &victim, .victim_count = 1 } };
	char expected[sizeof(told)], web[256];

	snprintf(web, sizeof(web), "%s", docker(200, ""));
	victim.cgroup = web;
	begin("web");
	for (size_t len = 1; len <= strlen(below); len++) {
		char path[256];

		if (below[len] && below[len] != '/')
			continue;
		copy__text(path, len + 1, below);
		tree_add(&h, path);
	}
	for (unsigned int n = 1; n <= 100; n++)
		tell(add(docker(n, below)), docker(n, below), 0);
	tell(add(web), web, 0);
	snprintf(called, sizeof(called), "%064x", 200);
	assert_true(session_many__wants_oom(&session, &oom));
	snprintf(expected, sizeof(expected), "start %s 1;", web);
	assert_string_equal(told, expected);
	end();
}

static void test_names_of_users(void **state)
{
	(void)state;
	check_names_beside("/user.slice/user-1000.slice");
}

/* Likewise below a container that may make cgroups, and below one that somebody was given. */
static void test_names_of_others(void **state)
{
	char container[256];

	(void)state;
	snprintf(container, sizeof(container), "%s", docker(300, ""));
	check_names_beside(container);
	check_names_beside("/lab");
}

/* More than are followed: each of the others is lost, once. */
static void test_full(void **state)
{
	uint64_t first = 0, others[3];
	size_t followed = 0;

	(void)state;
	begin("web*");
	name = "web";
	for (unsigned int i = 0; i < MANY_MAX; i++) {
		uint64_t id = add(docker(i, ""));

		first = i ? first : id;
		tell(id, docker(i, ""), 0);
	}
	assert_int_equal(session.loss.targets, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
		others[i] = add(docker(MANY_MAX + i, ""));
		tell(others[i], docker(MANY_MAX + i, ""), 0);
		assert_int_equal(session.loss.targets, i + 1);
	}
	pass(60 * NS_PER_S);
	pass(60 * NS_PER_S);
	assert_int_equal(session.loss.targets, ARRAY_SIZE(others));
	/* One has room later. */
	tree_remove(&h, docker(0, ""));
	tell(first, docker(0, ""), MADE_REMOVED);
	pass(60 * NS_PER_S);
	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++)
		followed += knows(others[i], TARGET_FOLLOWED);
	assert_int_equal(followed, 1);
	assert_int_equal(session.loss.targets, ARRAY_SIZE(others));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_users),
		cmocka_unit_test(test_names_of_others),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
