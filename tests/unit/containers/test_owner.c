// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/clock.h"
#include "containers/container.h"
#include "containers/owner.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define POD "/kubepods/burstable/pod11111111-2222-3333-4444-555555555555"

static const struct {
	const char *path, *whose;
	bool of_user;
} cases[] = {
	/* All that is a user's. */
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service",
	  "/user.slice/user-1000.slice", true },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/x",
	  "/user.slice/user-1000.slice", true },
	{ "/user.slice/user-1000.slice/session-3.scope", "/user.slice/user-1000.slice", true },
	/* Root is no user here, and nobody is one by a name that is further down. */
	{ "/user.slice/user-0.slice/session-1.scope/x", "/user.slice/user-0.slice/session-1.scope", false },
	{ "/system.slice/web.service/user.slice/user-1000.slice/x", "/system.slice/web.service", false },
	/* A unit's, with all in it, whatever that is called. */
	{ "/system.slice/web.service", "/system.slice/web.service", false },
	{ "/system.slice/web.service/docker-" ID ".scope", "/system.slice/web.service", false },
	{ "/system.slice/docker-" ID ".scope/docker-" OTHER ".scope", "/system.slice/docker-" ID ".scope",
	  false },
	{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope/x",
	  "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope", false },
	{ "/shop.slice/shop-front.slice", "/shop.slice/shop-front.slice", false },
	/* Containers outside of units: the outermost. */
	{ "/docker/" ID, "/docker/" ID, false },
	{ "/docker/" ID "/docker/" OTHER "/x", "/docker/" ID, false },
	{ "/docker/" ID "/a/docker-" OTHER ".scope/libpod-" ID ".scope", "/docker/" ID, false },
	{ "/lxc.payload.web/x/y", "/lxc.payload.web", false },
	{ POD "/" ID "/x", POD "/" ID, false },
	{ POD, POD, false },
	{ POD "/" ID "/kubepods/pod22222222-2222-3333-4444-555555555555/" OTHER, POD "/" ID, false },
	{ "/kubepods/x" POD "/" ID "/x", "/kubepods/x" POD "/" ID, false },
	/* Whoever has the cgroup at the top. */
	{ "/lab", "/lab", false },
	{ "/lab/a/b", "/lab", false },
	{ "/lab/docker-" ID ".scope", "/lab", false },
	{ "/lab/docker/" ID, "/lab", false },
	{ "/", "/", false },
	{ "", "", false },
};

static void test_whose(void **state)
{
	char deep[5000] = "/";
	struct owner owner;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		owner__of(cases[i].path, &owner);
		assert_string_equal(owner.whose, cases[i].whose);
		assert_int_equal(owner.of_user, cases[i].of_user);
	}
	memset(deep + 1, 'x', sizeof(deep) - 2);
	owner__of(deep, &owner);
	assert_int_equal(strlen(owner.whose), sizeof(owner.whose) - 1);
}

static uint64_t cpu_ns(void)
{
	return clock__ns(CLOCK_PROCESS_CPUTIME_ID);
}

/*
 * Whoever has been given a cgroup names those in it, and each OOM there asks for the owner many times: that is to cost no
 * more than to look at the path a few times.
 */
static void test_cost(void **state)
{
	char path[4000] = "/lxc.payload.web";
	uint64_t begun_ns = cpu_ns(), once_ns;
	struct container_ref ref;
	struct owner owner;

	(void)state;
	while (strlen(path) + sizeof("/lxc.payload.a") < sizeof(path))
		strcat(path, "/lxc.payload.a");
	for (int i = 0; i < 20; i++)
		assert_int_equal(container__from_cgroup_path(path, &ref), 0);
	once_ns = cpu_ns() - begun_ns;
	begun_ns = cpu_ns();
	for (int i = 0; i < 20; i++)
		owner__of(path, &owner);
	assert_true(cpu_ns() - begun_ns < 10 * once_ns);
	assert_string_equal(owner.whose, "/lxc.payload.web");
}

/* How many of these get a place, one after the other, where some are taken already. */
static size_t take(const char **taken, size_t *count, size_t places, const char *format, int first,
		   int wanted)
{
	static char paths[64][128];
	static size_t used;
	size_t before = *count;

	for (int i = first; i < first + wanted; i++) {
		char *path = paths[used];
		struct owner_share share;

		assert_true(used < ARRAY_SIZE(paths));
		snprintf(path, sizeof(paths[0]), format, i); /* NOLINT: the format is the test's */
		owner__share(&share, path);
		for (size_t k = 0; k < *count; k++)
			owner__count(&share, taken[k]);
		if (!owner__may(&share, places))
			continue;
		taken[(*count)++] = path;
		used++;
	}
	return *count - before;
}

static void test_share(void **state)
{
	const char *taken[16];
	size_t count = 0;

	(void)state;
	/* Half for one, and of what is left half for the next. */
	assert_int_equal(take(taken, &count, 8, "/system.slice/a.service/%d", 0, 20), 4);
	assert_int_equal(take(taken, &count, 8, "/lab/%d", 0, 20), 2);
	assert_int_equal(take(taken, &count, 8, "/docker/" ID "/%d", 0, 20), 1);
	assert_int_equal(take(taken, &count, 8, "/%d", 0, 20), 1);
	/* Containers that have one each fill all. */
	count = 0;
	assert_int_equal(take(taken, &count, 8, "/lxc.payload.%d", 0, 20), 8);
	/* All users have half, whatever there is beside it. */
	count = 0;
	assert_int_equal(take(taken, &count, 8, "/user.slice/user-1000.slice/user@1000.service/%d", 0, 20),
			 2);
	assert_int_equal(take(taken, &count, 8, "/user.slice/user-%d.slice/session-1.scope", 1001, 20), 2);
	assert_int_equal(take(taken, &count, 8, "/lxc.payload.%d", 0, 20), 4);
	assert_int_equal(take(taken, &count, 8, "/user.slice/user-%d.slice/session-1.scope", 2000, 20), 0);
	/* What is full by more than there is has no room. */
	assert_int_equal(take(taken, &count, 4, "/%d", 0, 20), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_whose), cmocka_unit_test(test_cost),
					    cmocka_unit_test(test_share) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
