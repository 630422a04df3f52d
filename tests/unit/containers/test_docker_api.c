// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE 1

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "containers/docker_api.h"
#include "containers/unix_http.h"
#include "api_server.h"

static void running_container(void **state)
{
	static const char text[] = HEAD "\r\n" RUNNING_JSON;
	struct runtime_container c;

	(void)state;
	assert_int_equal(inspect(text, sizeof(text) - 1, &c), 0);
	assert_int_equal(c.runtime, CONTAINER__DOCKER);
	assert_string_equal(c.id, ID);
	assert_string_equal(c.name, "web-1");
	assert_string_equal(c.image, "debian:12");
	assert_string_equal(c.status, "running");
	assert_true(c.running);
	assert_int_equal(c.pid, 4711);
	assert_false(c.has_exit_code);
	assert_true(c.has_oom_killed);
	assert_false(c.oom_killed);
	assert_true(c.has_memory_limit);
	assert_true(c.memory_limit_bytes == 536870912);
	assert_int_equal(strncmp(server.request, "GET /containers/web-1/json HTTP/1.0\r\n", 37), 0);
}

static void exited_container(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nserver:  Libpod/4.3.1 (linux) \r\n\r\n" EXITED_JSON;
	struct runtime_container c;

	(void)state;
	assert_int_equal(inspect(text, sizeof(text) - 1, &c), 0);
	assert_int_equal(c.runtime, CONTAINER__PODMAN);
	assert_string_equal(c.name, "web-1");
	assert_string_equal(c.image, "");
	assert_false(c.running);
	assert_int_equal(c.pid, 0);
	assert_true(c.has_exit_code);
	assert_int_equal(c.exit_code, 137);
	assert_true(c.oom_killed);
	assert_false(c.has_memory_limit);
}

/* While it waits to be started again it "runs", without a process, and its last exit code is there. */
static void restarting_container(void **state)
{
	static const char text[] = HEAD
		"\r\n{\"Id\":\"" ID "\",\"Name\":\"/web-1\",\"State\":{\"Status\":\"restarting\","
		"\"Running\":true,\"Restarting\":true,\"Pid\":0,\"ExitCode\":137,\"OOMKilled\":true},"
		"\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":5}}}";
	static const char never[] = HEAD "\r\n{\"Id\":\"" ID
					 "\",\"Name\":\"/web-1\",\"State\":{\"Status\":\"running\","
					 "\"Running\":true,\"Restarting\":false,\"Pid\":1,\"ExitCode\":0},"
					 "\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"no\"}}}";
	struct runtime_container c;

	(void)state;
	assert_int_equal(inspect(text, sizeof(text) - 1, &c), 0);
	assert_true(c.running);
	assert_true(c.restarts);
	assert_true(c.has_exit_code);
	assert_int_equal(c.exit_code, 137);
	assert_int_equal(inspect(never, sizeof(never) - 1, &c), 0);
	assert_false(c.restarts);
	assert_false(c.has_exit_code);
}

struct list_result {
	size_t count;
	struct runtime_container got[4];
	int stop_with;
};

static int take(const struct runtime_container *c, void *ctx)
{
	struct list_result *r = ctx;

	assert_true(r->count < ARRAY_SIZE(r->got));
	r->got[r->count++] = *c;
	return r->stop_with;
}

static void list_of_containers(void **state)
{
	static const char text[] = HEAD "\r\n" LIST_JSON, wrong[] = HEAD "\r\n{}";
	struct list_result all = { 0 }, one = { .stop_with = 7 };

	(void)state;
	answer_with(ANSWER, text, sizeof(text) - 1);
	assert_int_equal(docker_api__list(server.path, take, &all), 0);
	settle();
	assert_int_equal(all.count, 2);
	assert_string_equal(all.got[0].name, "web-1");
	assert_true(all.got[0].running);
	assert_string_equal(all.got[1].id, ID2);
	assert_string_equal(all.got[1].name, "");
	assert_false(all.got[1].running);
	assert_int_equal(strncmp(server.request, "GET /containers/json?all=1 HTTP/1.0\r\n", 37), 0);
	assert_int_equal(docker_api__list(server.path, take, &one), 7);
	assert_int_equal(one.count, 1);
	answer_with(ANSWER, wrong, sizeof(wrong) - 1);
	assert_int_equal(docker_api__list(server.path, take, &one), -EBADMSG);
}

static void sockets_that_are_none(void **state)
{
	char path[128], too_long[300];
	struct runtime_container c;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/none.sock", server.dir);
	assert_int_equal(docker_api__inspect(path, "web-1", &c), -ENOTCONN);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(docker_api__inspect(path, "web-1", &c), -ENOTCONN);
	unlink(path);
	memset(too_long, 'a', sizeof(too_long));
	too_long[0] = '/';
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(docker_api__inspect(too_long, "web-1", &c), -ENAMETOOLONG);
}

static void forbidden_socket(void **state)
{
	struct runtime_container c;

	(void)state;
	assert_int_equal(chmod(server.path, 0), 0);
	if (!geteuid() && seteuid(65534)) {
		chmod(server.path, 0600);
		skip();
	}
	/* The folder is root's own and closed, too: either refuses. */
	assert_int_equal(docker_api__inspect(server.path, "web-1", &c), -EACCES);
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(server.path, 0600), 0);
}

static void names_are_checked(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "../x", "a/b", "a b", "a?b", "a%2f", "a\r\nX: y", "\xc3\xbc", "a#b", "a:b",
	};
	static const char text[] = HEAD "\r\n" RUNNING_JSON;
	char long_name[DOCKER_API__NAME_SIZE + 1];
	struct runtime_container c;

	(void)state;
	answer_with(ANSWER, text, sizeof(text) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(docker_api__inspect(server.path, bad[i], &c), -EINVAL);
	memset(long_name, 'a', sizeof(long_name));
	long_name[DOCKER_API__NAME_SIZE] = '\0';
	assert_int_equal(docker_api__inspect(server.path, long_name, &c), -EINVAL);
	long_name[DOCKER_API__NAME_SIZE - 1] = '\0';
	assert_int_equal(docker_api__inspect(server.path, long_name, &c), 0);
	assert_int_equal(docker_api__inspect(server.path, "A_z.0-9", &c), 0);
}

static bool listed(const struct docker_api__socket *s, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(s[i].path, path))
			return true;
	return false;
}

static void sockets_are_listed(void **state)
{
	struct docker_api__socket s[DOCKER_API__MAX_SOCKETS];
	char url[256], link_path[128], long_url[400];
	size_t count;

	(void)state;
	snprintf(url, sizeof(url), "unix://%s", server.path);
	setenv("DOCKER_HOST", url, 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/4242", 1);
	setenv("SUDO_UID", "4343", 1);
	count = docker_api__sockets(s, ARRAY_SIZE(s));
	assert_string_equal(s[0].path, server.path);
	assert_true(listed(s, count, "/var/run/docker.sock"));
	assert_true(listed(s, count, "/run/podman/podman.sock"));
	assert_true(listed(s, count, "/run/user/4242/podman/podman.sock"));
	assert_true(listed(s, count, "/run/user/4343/podman/podman.sock"));
	assert_int_equal(count, 5);
	assert_int_equal(docker_api__sockets(s, 2), 2);

	/* One socket by two names */
	snprintf(link_path, sizeof(link_path), "%s/podman", server.dir);
	assert_int_equal(mkdir(link_path, 0700), 0);
	snprintf(link_path, sizeof(link_path), "%s/podman/podman.sock", server.dir);
	assert_int_equal(symlink(server.path, link_path), 0);
	setenv("XDG_RUNTIME_DIR", server.dir, 1);
	assert_int_equal(docker_api__sockets(s, ARRAY_SIZE(s)), 4);
	unlink(link_path);
	snprintf(link_path, sizeof(link_path), "%s/podman", server.dir);
	rmdir(link_path);

	memset(long_url, 'a', sizeof(long_url));
	memcpy(long_url, "unix:///", 8);
	long_url[sizeof(long_url) - 1] = '\0';
	setenv("DOCKER_HOST", long_url, 1);
	setenv("XDG_RUNTIME_DIR", long_url + 7, 1);
	setenv("SUDO_UID", "../../tmp", 1);
	assert_int_equal(docker_api__sockets(s, ARRAY_SIZE(s)), 2);
	setenv("DOCKER_HOST", "tcp://127.0.0.1:2375", 1);
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("SUDO_UID");
	assert_int_equal(docker_api__sockets(s, ARRAY_SIZE(s)), 2);
	unsetenv("DOCKER_HOST");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(running_container),	 cmocka_unit_test(exited_container),
		cmocka_unit_test(restarting_container),	 cmocka_unit_test(list_of_containers),
		cmocka_unit_test(sockets_that_are_none), cmocka_unit_test(forbidden_socket),
		cmocka_unit_test(names_are_checked),	 cmocka_unit_test(sockets_are_listed),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
