// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/copy.h"
#include "cgroup_tree.h"
#include "target/selections.h"

#define ID_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_B "0123456789abcdefffffffffffffffffffffffffffffffffffffffffffffffff"

static const struct cgroup__hierarchy hierarchy = { .version = 2, .mount = "/sys/fs/cgroup", .root = "/" };

static struct selections of(enum target_kind kind, const char *text)
{
	const struct target_request request = { .kind = TARGET_MANY,
						.selections = { { kind, text } },
						.selection_count = 1 };
	struct selections s;

	assert_int_equal(selections__init(&s, &request, &hierarchy), 0);
	return s;
}

static bool cgroup_matches(const char *text, const char *path)
{
	struct selections s = of(TARGET_CGROUP, text);
	bool chosen = selections__choose(&s, path, NULL, NULL);

	assert_int_equal(s.list[0].found, chosen);
	selections__free(&s);
	return chosen;
}

static void test_cgroups(void **state)
{
	(void)state;
	/* by path */
	assert_true(cgroup_matches("/a/b", "/a/b"));
	assert_true(cgroup_matches("a//b/", "/a/b"));
	assert_true(cgroup_matches("/sys/fs/cgroup/a/b", "/a/b"));
	assert_false(cgroup_matches("/a/b", "/a/b/c"));
	assert_false(cgroup_matches("/a/b", "/a/bc"));
	assert_false(cgroup_matches("b", "/a/b"));
	/* by a pattern for the last name */
	assert_true(cgroup_matches("web@*.service", "/system.slice/web@1.service"));
	assert_true(cgroup_matches("w?b", "/w1b"));
	assert_true(cgroup_matches("[ab]", "/x/b"));
	assert_true(cgroup_matches("*\\x2d1.scope", "/x/web\\x2d1.scope"));
	assert_false(cgroup_matches("web@*.service", "/web@1.service/inner"));
	assert_false(cgroup_matches("web-*", "/web-1/inner"));
	/* by a pattern for the path: a star is within one name */
	assert_true(cgroup_matches("/system.slice/*.service", "/system.slice/a.service"));
	assert_true(cgroup_matches("system.slice/*.service", "/system.slice/a.service"));
	assert_true(cgroup_matches("/sys/fs/cgroup/*/b", "/a/b"));
	assert_false(cgroup_matches("/system.slice/*.service", "/system.slice/a.slice/b.service"));
	assert_false(cgroup_matches("/a/*", "/a"));
	/* what looks like a pattern may be a name */
	assert_true(cgroup_matches("/a/[x]", "/a/[x]"));
}

static bool container_matches(const char *text, enum container_runtime runtime, const char *id,
			      const char *name)
{
	struct selections s = of(TARGET_CONTAINER, text);
	struct container_ref ref = { .runtime = runtime };
	bool chosen;

	copy__text(ref.id, sizeof(ref.id), id);
	chosen = selections__choose(&s, "/somewhere", &ref, name);
	/* no container: its cgroup's name is nothing to a pattern of containers */
	assert_false(selections__choose(&s, "/web-1", NULL, NULL));
	selections__free(&s);
	return chosen;
}

static void test_containers(void **state)
{
	(void)state;
	assert_true(container_matches("web", CONTAINER__DOCKER, ID_A, "web"));
	assert_false(container_matches("web", CONTAINER__DOCKER, ID_A, "web-1"));
	assert_false(container_matches("web", CONTAINER__DOCKER, ID_A, NULL));
	assert_true(container_matches("web-*", CONTAINER__DOCKER, ID_A, "web-1"));
	assert_false(container_matches("web-*", CONTAINER__DOCKER, ID_A, "the-web-1"));
	assert_true(container_matches("*", CONTAINER__DOCKER, ID_A, NULL));
	/* of Kubernetes */
	assert_true(container_matches("shop/web/app", CONTAINER__CONTAINERD, ID_A, "shop/web/app"));
	assert_true(container_matches("shop/web", CONTAINER__CONTAINERD, ID_A, "shop/web/app"));
	assert_false(container_matches("shop/web", CONTAINER__CONTAINERD, ID_A, "shop/web-1/app"));
	assert_false(container_matches("shop", CONTAINER__CONTAINERD, ID_A, "shop/web/app"));
	assert_true(container_matches("shop/*", CONTAINER__CONTAINERD, ID_A, "shop/web/app"));
	/* by id */
	assert_true(container_matches("0123", CONTAINER__DOCKER, ID_A, "web"));
	assert_true(container_matches(ID_A, CONTAINER__DOCKER, ID_A, NULL));
	assert_true(container_matches("0123*", CONTAINER__DOCKER, ID_A, "web"));
	/* the name of a machine is whole */
	assert_true(container_matches("web", CONTAINER__NSPAWN, "web", NULL));
	assert_true(container_matches("web*", CONTAINER__NSPAWN, "web-1", NULL));
	assert_false(container_matches("web", CONTAINER__NSPAWN, "web-1", NULL));
}

/* The beginning of an id, which was waited for, stands for the first container that has it. */
static void test_prefix_is_of_one(void **state)
{
	struct selections s = of(TARGET_CONTAINER, "0123");
	struct container_ref a = { .runtime = CONTAINER__DOCKER, .id = ID_A },
			     b = { .runtime = CONTAINER__DOCKER, .id = ID_B };

	(void)state;
	assert_true(selections__choose(&s, "/a", &a, "web"));
	assert_false(selections__choose(&s, "/b", &b, "db"));
	assert_true(selections__choose(&s, "/a", &a, "web"));
	selections__free(&s);
}

/* Users can call a cgroup or a container of theirs as root's is called. A pattern is of all. */
static void test_roots_goes_before_users(void **state)
{
	struct container_ref roots = { .runtime = CONTAINER__PODMAN, .id = ID_A },
			     users = { .runtime = CONTAINER__PODMAN, .id = ID_B, .user = 1000 };
	struct selections s = of(TARGET_CONTAINER, "web");

	(void)state;
	assert_true(selections__choose(&s, "/b", &users, "web"));
	assert_true(selections__choose(&s, "/a", &roots, "web"));
	assert_false(selections__choose(&s, "/b", &users, "web"));
	selections__free(&s);
	s = of(TARGET_CONTAINER, ID_A);
	assert_true(selections__choose(&s, "/a", &roots, NULL));
	strcpy(users.id, ID_A);
	assert_false(selections__choose(&s, "/b", &users, NULL));
	users.user = 0;
	users.nested = true;
	assert_false(selections__choose(&s, "/b", &users, NULL));
	users.user = 1000;
	selections__free(&s);
	s = of(TARGET_CONTAINER, "web*");
	assert_true(selections__choose(&s, "/a", &roots, "web"));
	assert_true(selections__choose(&s, "/b", &users, "web"));
	selections__free(&s);
}

static void test_words(void **state)
{
	const struct target_request request = { .kind = TARGET_MANY,
						.selections = { { TARGET_CONTAINER, "web-*" },
								{ TARGET_CGROUP, "a/b" } },
						.selection_count = 2 };
	struct selections s;
	char *words;

	(void)state;
	assert_int_equal(selections__init(&s, &request, &hierarchy), 0);
	assert_true(s.of_containers);
	words = selections__words(&s);
	assert_string_equal(words, "--container web-* --cgroup a/b");
	free(words);
	selections__free(&s);
}

/* A name that isn't there is said, or waited for; a pattern always waits. */
static void test_find(void **state)
{
	const struct target_request request = { .kind = TARGET_MANY,
						.selections = { { TARGET_CGROUP, "x*" },
								{ TARGET_CGROUP, "/b" } },
						.selection_count = 2 };
	struct target *found = calloc(1, sizeof(*found));
	struct cgroup__hierarchy h;
	struct selections s;

	(void)state;
	assert_non_null(found);
	tree_make(&h);
	assert_int_equal(selections__init(&s, &request, &h), 0);
	assert_int_equal(selections__find(&s, &h, false, found), TARGET_NO_CGROUP);
	assert_string_equal(found->name, "/b");
	assert_int_equal(selections__find(&s, &h, true, found), TARGET_FOUND);
	/* what is no cgroup won't come */
	tree_add(&h, "/b");
	assert_int_equal(selections__find(&s, &h, true, found), TARGET_NO_CGROUP);
	selections__free(&s);
	tree_remove(&h, "");
	free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroups),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_prefix_is_of_one),
		cmocka_unit_test(test_roots_goes_before_users),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
