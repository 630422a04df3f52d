// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/copy.h"
#include "target/many.h"

static uint64_t pause_ns;
static struct many_target *before;

static struct many_target *begin(struct many *m, uint64_t id, const char *path, const char *name,
				 uint64_t now_ns)
{
	struct container_ref ref = { .runtime = CONTAINER__DOCKER };

	snprintf(ref.id, sizeof(ref.id), "%064llx", (unsigned long long)id);
	return many__begin(m, id, path, name ? &ref : NULL, name, now_ns, &pause_ns, &before);
}

static void test_runs_by_path(void **state)
{
	struct many m = {};
	struct many_target *t = begin(&m, 7, "/a", NULL, 100);

	(void)state;
	assert_int_equal(t->run, 1);
	assert_int_equal(pause_ns, 0);
	assert_ptr_equal(many__by_id(&m, 7), t);
	many__end(&m, t, 200);
	assert_null(many__by_id(&m, 7));
	assert_null(many__by_id(&m, 0));
	t = begin(&m, 8, "/b", NULL, 250); /* another */
	assert_int_equal(t->run, 1);
	t = begin(&m, 9, "/a", NULL, 300);
	assert_int_equal(t->run, 2);
	assert_int_equal(pause_ns, 100);
	assert_int_equal(m.count, 2);
	many__free(&m);
}

/* A container that is made again has another id, and another path. */
static void test_runs_by_name(void **state)
{
	struct many m = {};
	struct many_target *t = begin(&m, 1, "/docker-1", "web", 100), *other;

	(void)state;
	many__end(&m, t, 200);
	t = begin(&m, 2, "/docker-2", "web", 300);
	assert_int_equal(t->run, 2);
	assert_string_equal(t->cgroup, "/docker-2");
	assert_string_equal(t->container.name, "web");
	assert_int_equal(pause_ns, 100);
	other = begin(&m, 3, "/docker-3", "db", 300);
	assert_int_equal(other->run, 1);
	/* the next is there before the one before is gone */
	other = begin(&m, 4, "/docker-4", "web", 400);
	assert_int_equal(other->run, 3);
	assert_int_equal(pause_ns, 0);
	assert_ptr_equal(many__by_id(&m, 2), t);
	many__free(&m);
}

/* A user's container that is called as root's is not a start of that one. */
static void test_runs_by_user(void **state)
{
	const struct container_ref roots = { .runtime = CONTAINER__PODMAN, .id = "1" },
				   users = { .runtime = CONTAINER__PODMAN, .id = "2", .user = 1000 };
	struct many m = {};
	struct many_target *t = many__begin(&m, 1, "/a", &roots, "web", 100, &pause_ns, &before), *other;

	(void)state;
	other = many__begin(&m, 2, "/b", &users, "web", 200, &pause_ns, &before);
	assert_int_equal(other->run, 1);
	many__end(&m, other, 300);
	many__end(&m, t, 300);
	t = many__begin(&m, 3, "/c", &roots, "web", 400, &pause_ns, &before);
	assert_int_equal(t->run, 2);
	many__free(&m);
}

/* Its end is told before it begins again. */
static void test_end_comes_first(void **state)
{
	struct many m = {};
	struct many_target *t = begin(&m, 1, "/a", NULL, 100);

	(void)state;
	assert_non_null(many__ending(t, NULL));
	assert_int_equal(t->ending->ending.run, 1);
	assert_string_equal(t->ending->target.cgroup, "/a");
	many__end(&m, t, 200);
	assert_null(begin(&m, 2, "/a", NULL, 300));
	assert_ptr_equal(before, t);
	many__forget_ending(t);
	assert_int_equal(begin(&m, 2, "/a", NULL, 300)->run, 2);
	many__free(&m);
}

static void test_owner(void **state)
{
	struct many m = {};
	struct many_target *a = begin(&m, 1, "/a", NULL, 100), *inner = begin(&m, 2, "/a/b/c", NULL, 100),
			   *again;

	(void)state;
	assert_ptr_equal(many__owner(&m, "/a"), a);
	assert_ptr_equal(many__owner(&m, "/a/b"), a);
	assert_ptr_equal(many__owner(&m, "/a/b/c"), inner);
	assert_ptr_equal(many__owner(&m, "/a/b/c/d"), inner);
	assert_null(many__owner(&m, "/ab"));
	assert_null(many__owner(&m, NULL));
	assert_true(many__is_above(&m, "/a/b"));
	assert_false(many__is_above(&m, "/b"));
	/* one that is gone has had its last events; what is followed goes before it */
	many__end(&m, inner, 200);
	assert_ptr_equal(many__owner(&m, "/a/b/c"), a);
	many__end(&m, a, 200);
	assert_ptr_equal(many__owner(&m, "/a/b/c"), inner);
	assert_false(many__is_above(&m, "/a/b"));
	again = begin(&m, 3, "/a", NULL, 300);
	assert_ptr_equal(many__owner(&m, "/a/b/c"), again);
	many__free(&m);
}

static void test_bounds(void **state)
{
	struct many m = {};
	char path[32];

	(void)state;
	for (uint64_t i = 1; i <= MANY_MAX; i++) {
		snprintf(path, sizeof(path), "/c%llu", (unsigned long long)i);
		assert_non_null(begin(&m, i, path, NULL, i));
	}
	assert_null(begin(&m, MANY_MAX + 1, "/one-more", NULL, 1));
	assert_null(before);
	for (uint64_t i = 1; i <= MANY_MAX; i++)
		many__end(&m, many__by_id(&m, i), 10000 + i);
	assert_int_equal(m.count, 0);
	assert_int_equal(m.gone, MANY_GONE_MAX);
	/* the latest are known still */
	snprintf(path, sizeof(path), "/c%d", MANY_MAX);
	assert_int_equal(begin(&m, 9999, path, NULL, 20000)->run, 2);
	assert_int_equal(begin(&m, 9998, "/c1", NULL, 20000)->run, 1);
	many__free(&m);
}

/* Users, who may make as many cgroups as they like, leave room for others. */
static void test_users(void **state)
{
	struct many_target *first = NULL;
	struct many m = {};
	char path[64];

	(void)state;
	for (uint64_t i = 1; i <= MANY_MAX / 2; i++) {
		struct many_target *t;

		snprintf(path, sizeof(path), "/user.slice/user-1000.slice/c%d", (int)i);
		t = begin(&m, i, path, NULL, 1);
		assert_non_null(t);
		first = first ? first : t;
	}
	assert_null(begin(&m, MANY_MAX, "/user.slice/user-1001.slice/c", NULL, 1));
	assert_non_null(begin(&m, MANY_MAX, "/user.slice/user-0.slice/c", NULL, 1));
	assert_non_null(begin(&m, MANY_MAX + 1, "/c", NULL, 1));
	many__end(&m, first, 2);
	assert_non_null(begin(&m, MANY_MAX + 2, "/user.slice/user-1001.slice/c", NULL, 3));
	many__free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),		cmocka_unit_test(test_runs_by_path),
		cmocka_unit_test(test_runs_by_name),	cmocka_unit_test(test_runs_by_user),
		cmocka_unit_test(test_end_comes_first), cmocka_unit_test(test_owner),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
