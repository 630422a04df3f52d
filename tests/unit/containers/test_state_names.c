// SPDX-License-Identifier: GPL-2.0-only
/* Names in what runtimes keep on disk, as it was seen on Debian 13, and what a hostile user makes of their own files. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "containers/state_names.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "0123fedcba9876543210fedcba9876543210fedcba9876543210fedcba987654"
#define ID3 "3333333333333333333333333333333333333333333333333333333333333333"
#define STORE "var/lib/containers/storage/overlay-containers"
#define OWN ".local/share/containers/storage/overlay-containers"

static char root[] = "/tmp/oomtrace-names-XXXXXX";
static struct state_names *names;

__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
	char command[8192], whole[8500];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "cd %s && %s", root, command);
	if (system(whole))
		fail_msg("failed: %s", command);
}

static void open_again(void)
{
	state_names__close(names);
	names = state_names__open(root);
	assert_non_null(names);
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	/* Users need other ids than root's, which a test can't give to files unless it is root. */
	shell("mkdir -p etc run/user/%u run/user/4242 home/me/" OWN " home/other/" OWN " " STORE
	      " var/lib/docker/containers/" ID2 " var/log/containers "
	      "run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID3,
	      getuid());
	shell("echo 'root:x:0:0::/root:/bin/sh\nother:x:4242:4242::/home/other:/bin/sh' >etc/passwd");
	shell("echo '[{\"id\":\"" ID "\",\"names\":[\"web\",\"alias\"],\"metadata\":\"{}\"},{\"id\":7},[],"
	      "{\"id\":\"../../../etc\",\"names\":[\"up\"]}]' >" STORE "/containers.json");
	shell("echo '[{\"id\":\"" ID2 "\",\"names\":[\"brief\"]}]' >" STORE "/volatile-containers.json");
	shell("echo '{\"Name\":\"/db\",\"State\":{}}' >var/lib/docker/containers/" ID2 "/config.v2.json");
	shell("ln -s /nowhere var/log/containers/web-7_shop_app-" ID ".log");
	shell("ln -s /nowhere var/log/containers/web-7_shop_side-" ID2 ".log");
	shell(": >'var/log/containers/a_b_$(id)-" ID3 ".log'; : >var/log/containers/" ID3 ".log; "
	      ": >var/log/containers/x_" ID3 ".log");
	shell("echo '{\"annotations\":{\"io.kubernetes.cri.sandbox-namespace\":\"shop\","
	      "\"io.kubernetes.cri.sandbox-name\":\"db-0\",\"io.kubernetes.cri.container-name\":\"sql\"}}' "
	      ">run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID3 "/config.json");
	open_again();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	state_names__close(names);
	names = NULL;
	shell("cd / && rm -rf %s", root);
	strcpy(root + strlen(root) - 6, "XXXXXX");
	return 0;
}

static const char *name_of(enum container_runtime runtime, const char *id, uint32_t user)
{
	static char name[STATE_NAMES__SIZE];
	struct container_ref ref = { .runtime = runtime, .user = user };

	snprintf(ref.id, sizeof(ref.id), "%s", id);
	return state_names__of(names, &ref, name, sizeof(name)) ? NULL : name;
}

static void test_names(void **state)
{
	struct state_id ids[4];

	(void)state;
	assert_string_equal(name_of(CONTAINER__PODMAN, ID, 0), "web");
	assert_string_equal(name_of(CONTAINER__PODMAN, ID2, 0), "brief");
	assert_null(name_of(CONTAINER__PODMAN, ID3, 0));
	assert_string_equal(name_of(CONTAINER__DOCKER, ID2, 0), "db");
	assert_null(name_of(CONTAINER__DOCKER, ID, 0));
	assert_string_equal(name_of(CONTAINER__CONTAINERD, ID, 0), "shop/web-7/app");
	assert_string_equal(name_of(CONTAINER__CRIO, ID2, 0), "shop/web-7/side");
	assert_string_equal(name_of(CONTAINER__CONTAINERD, ID3, 0), "shop/db-0/sql");
	assert_null(name_of(CONTAINER__PODMAN, "../../../etc", 0));
	assert_null(name_of(CONTAINER__LXC, "web", 0));

	assert_int_equal(state_names__ids(names, "alias", ids, 4), 1);
	assert_string_equal(ids[0].id, ID);
	assert_int_equal(state_names__ids(names, "brief", ids, 4), 1);
	assert_int_equal(state_names__ids(names, "up", ids, 4), 0);
	assert_int_equal(state_names__ids(names, "shop/web-7", ids, 4), 2);
	assert_int_equal(state_names__ids(names, "shop/web-7", ids, 1), 1);
	assert_int_equal(state_names__ids(names, "shop/web-7/side", ids, 4), 1);
	assert_string_equal(ids[0].id, ID2);
	assert_int_equal(state_names__ids(names, "shop/web-7/app2", ids, 4), 0);
	assert_int_equal(state_names__ids(names, "a/b", ids, 4), 0);
	assert_int_equal(state_names__ids(names, "", ids, 4), 0);
}

/* Confined, a process still reads a user's names, in folders that only the user may enter, and nothing else. */
static void check_confined(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (syscall(444 /* landlock_create_ruleset */, NULL, 0, 1) < 1)
			_exit(77);
		if (state_names__confine(names) || !name_of(CONTAINER__PODMAN, ID3, 4242))
			_exit(1);
		_exit(open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		print_message("SKIP files that may not be opened: this kernel has no Landlock\n");
	else
		assert_int_equal(WEXITSTATUS(status), 0);
}

/* What a user keeps is believed on that user's containers. It takes root to give files to somebody else. */
static void test_user(void **state)
{
	struct state_id ids[4];

	(void)state;
	if (getuid()) {
		print_message("SKIP files of another user: the test isn't root\n");
		return;
	}
	shell("echo '[{\"id\":\"" ID3 "\",\"names\":[\"mine\"]},{\"id\":\"" ID
	      "\",\"names\":[\"web\"]}]' >home/other/" OWN
	      "/containers.json && chown -R 4242 home/other && chmod -R go= home/other");
	open_again();
	check_confined();
	assert_string_equal(name_of(CONTAINER__PODMAN, ID3, 4242), "mine");
	assert_null(name_of(CONTAINER__PODMAN, ID3, 0));
	assert_null(name_of(CONTAINER__PODMAN, ID3, 4243));
	/* Root's first, and each says whose it is. */
	assert_int_equal(state_names__ids(names, "web", ids, 4), 2);
	assert_int_equal(ids[0].user, 0);
	assert_int_equal(ids[1].user, 4242);
	/* Without a session there is no looking at a home. */
	shell("rmdir run/user/4242");
	open_again();
	assert_null(name_of(CONTAINER__PODMAN, ID3, 4242));
}

/* Each of these is in the place of a user's file, and costs nothing but the name. */
static void test_hostile(void **state)
{
	static const char *const files[] = {
		"ln -s /dev/zero $F",
		"ln -s ../../../../../../../" STORE "/containers.json $F",
		"mkfifo $F",
		"truncate -s 8G $F",
		"head -c 1000000 /dev/zero | tr '\\0' '[' >$F",
		"printf '[{\"id\":\"" ID3 "\",\"names\":[\"a' >$F",
		"printf '[{\"id\":\"" ID3 "\",\"names\":{\"mine\":1}}]' >$F",
		"printf '[{\"id\":\"" ID3 "\",\"names\":[]},{\"id\":\"" ID3
		"\"},{\"names\":[\"mine\"]}]' >$F",
		"mkdir $F",
		"rmdir ../overlay-containers && ln -s /" STORE " ../overlay-containers",
		"cd / && rm -rf \"${D%/*}\" && ln -s / \"${D%/*}\"",
	};
	struct state_id ids[4];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		shell("rm -rf home/other && mkdir -p home/other/" OWN " && cd home/other/" OWN
		      " && D=$PWD && F=containers.json && %s && { chown -Rh 4242 %s/home/other 2>/dev/null || :; }",
		      files[i], root);
		open_again();
		assert_null(name_of(CONTAINER__PODMAN, ID3, 4242));
		assert_null(name_of(CONTAINER__PODMAN, ID, 4242));
		assert_int_equal(state_names__ids(names, "mine", ids, 4), 0);
	}
}

/* What no runtime would take for a name is none: of a megabyte, with bytes that a terminal or a shell obeys. */
static void test_no_names(void **state)
{
	static const char *const bad[] = { "$(head -c 1000000 /dev/zero | tr '\\0' x)",
					   "'we\\u001b]0;xb'",
					   "'a\\nb'",
					   "'$(id)'",
					   "'../up'",
					   "''" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		shell("printf '[{\"id\":\"" ID "\",\"names\":[\"%%s\"]}]' %s >" STORE "/containers.json",
		      bad[i]);
		assert_null(name_of(CONTAINER__PODMAN, ID, 0));
		shell("printf '{\"Name\":\"/%%s\"}' %s >var/lib/docker/containers/" ID2 "/config.v2.json",
		      bad[i]);
		assert_null(name_of(CONTAINER__DOCKER, ID2, 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_user, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_names, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
