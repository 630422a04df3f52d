// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "containers/unit.h"

#define MANAGER "/user.slice/user-1000.slice/user@1000.service"

static const struct {
	const char *path;
	const char *label; /* NULL: no unit */
	const char *system;
} cases[] = {
	{ "/system.slice/web.service", "web.service", "web.service" },
	{ "/system.slice/web.service/worker", "web.service:/worker", "web.service" },
	{ "/init.scope", "init.scope", "init.scope" },
	{ "/shop.slice/shop-front.slice/front@1.service", "front@1.service", "front@1.service" },
	{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "session-3.scope" },
	{ "/system.slice/run-r1\\x2d2.scope", "run-r1\\x2d2.scope", "run-r1\\x2d2.scope" },
	/* systemd puts "_" before what the kernel has files of. */
	{ "/system.slice/_memory.service", "memory.service", "memory.service" },
	/* A slice by itself. */
	{ "/system.slice", "system.slice", "system.slice" },
	{ "/shop.slice/shop-front.slice", "shop-front.slice", "shop-front.slice" },
	/* A user's units are those of the user's manager. */
	{ MANAGER, "user@1000.service", "user@1000.service" },
	{ MANAGER "/init.scope", "init.scope of uid 1000", "user@1000.service" },
	{ MANAGER "/app.slice/web.service", "web.service of uid 1000", "user@1000.service" },
	{ MANAGER "/app.slice/app-a.slice/web.service/x", "web.service:/x of uid 1000", "user@1000.service" },
	{ MANAGER "/app.slice", "app.slice of uid 1000", "user@1000.service" },
	/* Below a unit its own processes give the names: a user, or a service, can't be another one's unit. */
	{ MANAGER "/sshd.service", "sshd.service of uid 1000", "user@1000.service" },
	{ MANAGER "/web/sshd.service", "user@1000.service:/web/sshd.service", "user@1000.service" },
	{ "/system.slice/web.service/sshd.service", "web.service:/sshd.service", "web.service" },
	{ "/system.slice/user@.service/sshd.service", "user@.service:/sshd.service", "user@.service" },
	{ "/system.slice/user@4294967296.service/sshd.service", "user@4294967296.service:/sshd.service",
	  "user@4294967296.service" },
	{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope/sshd.service",
	  "cri-containerd-1.scope:/sshd.service", "cri-containerd-1.scope" },
	/* No units. */
	{ "/docker/1234/system.slice/sshd.service", NULL, NULL },
	{ "/user.slice/own/sshd.service", NULL, NULL },
	{ "/web", NULL, NULL },
	{ "/.service", NULL, NULL },
	{ "/", NULL, NULL },
	{ "", NULL, NULL },
	{ NULL, NULL, NULL },
};

static void test_names(void **state)
{
	static const char head[] = MANAGER "/sshd.service/";
	char label[UNIT_LABEL_SIZE], small[8], deep[4096] = "";
	struct unit unit;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool found = unit__label(label, sizeof(label), cases[i].path);

		if (found != !!cases[i].label || (found && strcmp(label, cases[i].label)))
			fail_msg("%s: %s, expected %s", cases[i].path, found ? label : "none",
				 cases[i].label);
		assert_int_equal(unit__of(cases[i].path, &unit), found);
		if (found && !span__is(unit.system, cases[i].system))
			fail_msg("%s: of the machine's manager: %.*s", cases[i].path, (int)unit.system.len,
				 unit.system.start);
	}
	assert_true(unit__label(small, sizeof(small), MANAGER "/app.slice/web.service"));
	assert_string_equal(small, "web.ser");
	/* A user makes a path as long as needed. */
	memset(deep, 'x', sizeof(deep) - 1);
	memcpy(deep, head, sizeof(head) - 1);
	assert_true(unit__label(label, sizeof(label), deep));
	assert_int_equal(strlen(label), sizeof(label) - 1);
	assert_string_equal(label + strlen(label) - strlen(" of uid 1000"), " of uid 1000");
}

static bool matches(const char *path, const char *who)
{
	struct unit unit;

	assert_true(unit__of(path, &unit));
	return unit__matches(&unit, who);
}

static void test_matches(void **state)
{
	(void)state;
	assert_true(matches("/system.slice/web.service", "web.service"));
	assert_true(matches("/system.slice/web.service/worker", "web"));
	assert_true(matches("/system.slice/web-1.service", "web-*"));
	assert_true(matches("/system.slice/web-1.service", "*.service"));
	assert_true(matches(MANAGER "/app.slice/job.scope", "job"));
	assert_true(matches("/tight.slice", "tight"));
	assert_false(matches("/system.slice/web.service", "we"));
	assert_false(matches("/system.slice/web.service.service", "web"));
	assert_false(matches("/system.slice/web.service/worker", "worker"));
	assert_false(matches("/system.slice/web.service/sshd.service", "sshd.service"));
	assert_false(matches(MANAGER "/app.slice/job.scope", "user@1000.service"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names), cmocka_unit_test(test_matches) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
