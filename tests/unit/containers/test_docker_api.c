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

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "0123fedcba9876543210fedcba9876543210fedcba9876543210fedcba987654"
#define DRIP_INTERVAL_MS 50

/* As Docker 28 and Podman 4 answer, but for the many keys that nobody here reads. */
#define RUNNING_JSON                                                                                 \
	"{\"Id\":\"" ID "\",\"Created\":\"2024-01-01T00:00:00Z\",\"State\":{\"Status\":\"running\"," \
	"\"Running\":true,\"Paused\":false,\"OOMKilled\":false,\"Dead\":false,\"Pid\":4711,"         \
	"\"ExitCode\":0,\"Error\":\"\"},\"Image\":\"sha256:aa\",\"Name\":\"/web-1\","                \
	"\"HostConfig\":{\"Memory\":536870912},\"Config\":{\"Image\":\"debian:12\"}}\n"
#define EXITED_JSON                                                                                 \
	"{\"Id\":\"" ID "\",\"State\":{\"Status\":\"exited\",\"Running\":false,\"OOMKilled\":true," \
	"\"Pid\":0,\"ExitCode\":137},\"Name\":\"web-1\",\"HostConfig\":{\"Memory\":0}}"
#define LIST_JSON                                                                                    \
	"[{\"Id\":\"" ID "\",\"Names\":[\"/web-1\"],\"Image\":\"debian:12\",\"State\":\"running\"}," \
	"{\"Id\":\"" ID2 "\",\"Names\":null,\"Image\":\"x\",\"State\":\"exited\"}]"
#define HEAD "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nServer: Docker/28.0 (linux)\r\n"

enum manner { ANSWER, DRIP, SILENT };

struct server {
	char dir[64];
	char path[128];
	int listener, wake[2];
	pthread_t thread;
	pthread_mutex_t lock;
	enum manner manner;
	const char *answer;
	size_t len;
	char request[1024];
};

static struct server server;

/* Until the test is done with it, or asks for the end. */
static void hold(int fd, int timeout_ms)
{
	struct pollfd p[2] = { { .fd = server.wake[0], .events = POLLIN },
			       { .fd = fd, .events = POLLRDHUP } };

	poll(p, 2, timeout_ms);
}

static void send_bytes(int fd, const char *buf, size_t len, enum manner manner)
{
	while (len) {
		ssize_t n = send(fd, buf, manner == DRIP ? 1 : len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		buf += n;
		len -= (size_t)n;
		if (manner == DRIP)
			hold(fd, DRIP_INTERVAL_MS);
	}
}

static void serve_one(int fd)
{
	char request[sizeof(server.request)];
	size_t used = 0;

	while (used < sizeof(request) - 1) {
		ssize_t n = recv(fd, request + used, sizeof(request) - 1 - used, 0);

		if (n <= 0)
			break;
		used += (size_t)n;
		if (memmem(request, used, "\r\n\r\n", 4))
			break;
	}
	request[used] = '\0';
	pthread_mutex_lock(&server.lock);
	memcpy(server.request, request, used + 1);
	if (server.manner == SILENT)
		hold(fd, -1);
	else
		send_bytes(fd, server.answer, server.len, server.manner);
	close(fd);
	pthread_mutex_unlock(&server.lock);
}

static void *serve(void *unused)
{
	struct pollfd p[2] = {
		{ .fd = server.listener, .events = POLLIN },
		{ .fd = server.wake[0], .events = POLLIN },
	};

	(void)unused;
	for (;;) {
		int fd;

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents)
			return NULL;
		fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			serve_one(fd);
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 8))
		return -1;
	return fd;
}

static int start(void **state)
{
	(void)state;
	strcpy(server.dir, "/tmp/oomtrace-test-XXXXXX");
	if (!mkdtemp(server.dir))
		return -1;
	snprintf(server.path, sizeof(server.path), "%s/s.sock", server.dir);
	server.listener = listen_at(server.path);
	if (server.listener < 0 || pipe(server.wake))
		return -1;
	pthread_mutex_init(&server.lock, NULL);
	return pthread_create(&server.thread, NULL, serve, NULL);
}

static int stop(void **state)
{
	(void)state;
	if (write(server.wake[1], "x", 1) != 1)
		return -1;
	pthread_join(server.thread, NULL);
	close(server.listener);
	close(server.wake[0]);
	close(server.wake[1]);
	unlink(server.path);
	return rmdir(server.dir);
}

static void answer_with(enum manner manner, const char *text, size_t len)
{
	pthread_mutex_lock(&server.lock);
	server.manner = manner;
	server.answer = text;
	server.len = len;
	pthread_mutex_unlock(&server.lock);
}

/* The client may be done before the server is, which still reads the answer's text. */
static void settle(void)
{
	pthread_mutex_lock(&server.lock);
	pthread_mutex_unlock(&server.lock);
}

static int inspect(const char *text, size_t len, struct runtime_container *c)
{
	int err;

	answer_with(ANSWER, text, len);
	err = docker_api__inspect(server.path, "web-1", c);
	settle();
	return err;
}

static int64_t elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

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

/* In chunks of one size after another, hexadecimal in both cases, with an extension and a trailer.
 */
static void chunked_answer(void **state)
{
	static const char json[] = RUNNING_JSON;

	(void)state;
	for (size_t size = 1; size <= sizeof(json); size += 13) {
		char text[32768];
		struct runtime_container c;
		size_t used = (size_t)sprintf(text, HEAD "Transfer-Encoding: chunked\r\n\r\n"), cut;

		for (size_t at = 0; at < sizeof(json) - 1; at += size) {
			size_t n = sizeof(json) - 1 - at < size ? sizeof(json) - 1 - at : size;

			used += (size_t)sprintf(text + used, size % 2 ? "%zx\r\n" : "%zX;a=b\r\n", n);
			memcpy(text + used, json + at, n);
			used += n;
			used += (size_t)sprintf(text + used, "\r\n");
		}
		used += (size_t)sprintf(text + used, "0\r\n");
		cut = used;
		used += (size_t)sprintf(text + used, size % 2 ? "\r\n" : "X-Trailer: 1\r\n\r\n");
		assert_int_equal(inspect(text, used, &c), 0);
		assert_string_equal(c.id, ID);
		assert_int_equal(inspect(text, cut, &c), -EBADMSG);
	}
}

/* Cut anywhere, an answer is bad, whichever way its length is told. The newline at the end is not.
 */
static void truncated_at_every_byte(void **state)
{
	static const char plain[] = HEAD "\r\n" RUNNING_JSON;
	static const char chunked[] = HEAD "Transfer-Encoding: chunked\r\n\r\n"
					   "2\r\n{\"\r\n6\r\nId\": 1\r\n1\r\n}\r\n0\r\n\r\n";
	char with_length[1024];
	struct runtime_container c;
	size_t len = (size_t)sprintf(with_length, HEAD "Content-Length: %zu\r\n\r\n%s",
				     sizeof(RUNNING_JSON) - 1, RUNNING_JSON);

	(void)state;
	for (size_t n = 0; n < sizeof(plain) - 2; n++)
		assert_int_equal(inspect(plain, n, &c), -EBADMSG);
	assert_int_equal(inspect(plain, sizeof(plain) - 2, &c), 0);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(inspect(with_length, n, &c), -EBADMSG);
	assert_int_equal(inspect(with_length, len, &c), 0);
	for (size_t n = 0; n < sizeof(chunked); n++)
		assert_int_equal(inspect(chunked, n, &c), -EBADMSG);
}

static void bad_answers(void **state)
{
	static const char *const texts[] = {
		"",
		"\r\n\r\n",
		"hello",
		"SSH-2.0-OpenSSH_9.2\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\nnot json",
		"HTTP/1.0 200 OK\r\n\r\n12",
		"HTTP/1.0 200 OK\r\n\r\nnull",
		"HTTP/1.0 200 OK\r\n\r\n[]",
		"HTTP/1.0 200 OK\r\n\r\n{}",
		"HTTP/1.0 200 OK\r\n\r\n" RUNNING_JSON "{}",
		"HTTP/1.0 2x0 OK\r\n\r\n" RUNNING_JSON,
		"HTTP/2.0 200 OK\r\n\r\n" RUNNING_JSON,
		"HTTP/1.0 200\r\n",
		"HTTP/1.0 404 Not Found\r\n\r\n404 page not found",
		HEAD "Content-Length: 1\r\n\r\n" RUNNING_JSON,
		HEAD "Content-Length: -1\r\n\r\n" RUNNING_JSON,
		HEAD "Content-Length: 99999999999999999999\r\n\r\n" RUNNING_JSON,
		HEAD "Content-Length:\r\n\r\n" RUNNING_JSON,
		HEAD "Transfer-Encoding: gzip\r\n\r\n" RUNNING_JSON,
		HEAD "Transfer-Encoding: chunked\r\n\r\n",
		HEAD "Transfer-Encoding: chunked\r\n\r\n" RUNNING_JSON,
		HEAD "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n",
		HEAD "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
		HEAD "Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n",
		HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
		HEAD "Transfer-Encoding: chunked\r\n\r\n100000\r\n{}\r\n0\r\n\r\n",
		/* The id, the pid and the state are needed, and of their kind. */
		HEAD "\r\n{\"Id\":\"short\",\"State\":{\"Running\":true,\"Pid\":1}}",
		HEAD "\r\n{\"Id\":\"" ID "0\",\"State\":{\"Running\":true,\"Pid\":1}}",
		HEAD "\r\n{\"Id\":7,\"State\":{\"Running\":true,\"Pid\":1}}",
		HEAD "\r\n{\"Id\":\"" ID "\",\"State\":{\"Running\":true,\"Pid\":-1}}",
		HEAD "\r\n{\"Id\":\"" ID "\",\"State\":{\"Running\":true,\"Pid\":4194305}}",
		HEAD "\r\n{\"Id\":\"" ID "\",\"State\":{\"Running\":true,\"Pid\":\"1\"}}",
		HEAD "\r\n{\"Id\":\"" ID "\",\"State\":{\"Running\":\"yes\",\"Pid\":1}}",
		HEAD "\r\n{\"Id\":\"" ID "\",\"State\":[]}",
		HEAD "\r\n{\"Id\":\"" ID "\"}",
	};
	struct runtime_container c = { .pid = 99 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int err = inspect(texts[i], strlen(texts[i]), &c);

		if (err != -EBADMSG)
			fail_msg("%d for: %s", err, texts[i]);
	}
	assert_int_equal(c.pid, 99);
	/* The numbers that the table relies on are right otherwise. */
	assert_int_equal(
		inspect(HEAD "\r\n{\"Id\":\"" ID "\",\"State\":{\"Running\":true,\"Pid\":1}}",
			strlen(HEAD "\r\n{\"Id\":\"" ID "\",\"State\":{\"Running\":true,\"Pid\":1}}"), &c),
		0);
	assert_int_equal(c.pid, 1);
}

static void refusals(void **state)
{
	static const struct {
		const char *text;
		int err;
	} cases[] = {
		{ "HTTP/1.0 404 Not Found\r\n\r\n{\"message\":\"No such container: web-1\"}\n", -ENOENT },
		{ "HTTP/1.0 404 Not Found\r\n\r\n{\"cause\":\"no such container\",\"message\":\"no "
		  "container "
		  "with name or ID \\\"web-1\\\" found: no such container\",\"response\":404}",
		  -ENOENT },
		{ "HTTP/1.0 400 Bad Request\r\n\r\n"
		  "{\"message\":\"Multiple IDs found with provided prefix: 0123\"}",
		  -ENOTUNIQ },
		{ "HTTP/1.0 404 Not Found\r\n\r\n"
		  "{\"message\":\"Multiple IDs found with provided prefix: 0123\"}",
		  -ENOTUNIQ },
		{ "HTTP/1.0 500 x\r\n\r\n{\"message\":\"multiple IDs found with provided prefix: "
		  "0\"}",
		  -ENOTUNIQ },
		{ "HTTP/1.0 500 x\r\n\r\n{\"cause\":\"container already "
		  "exists\",\"message\":\"more than one "
		  "result for container ID 0: container already exists\",\"response\":500}",
		  -ENOTUNIQ },
		{ "HTTP/1.0 500 x\r\n\r\n{\"message\":\"the daemon is on fire\"}", -EREMOTEIO },
		{ "HTTP/1.0 503 x\r\n\r\n[]", -EREMOTEIO },
		{ "HTTP/1.0 204 x\r\n\r\n{}", -EREMOTEIO },
		{ "HTTP/1.0 000 x\r\n\r\n{}", -EREMOTEIO },
		{ "HTTP/1.0 404 x\r\n\r\n{\"message\":17}", -ENOENT },
	};
	struct runtime_container c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err = inspect(cases[i].text, strlen(cases[i].text), &c);

		if (err != cases[i].err)
			fail_msg("%d for: %s", err, cases[i].text);
	}
}

static void huge_answers(void **state)
{
	static const char head[] = HEAD "\r\n{\"Id\":\"";
	size_t size = UNIX_HTTP__MAX_RESPONSE + 65536;
	char *text = malloc(size);
	struct runtime_container c;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', size);
	assert_int_equal(inspect(text, size, &c), -EBADMSG);
	assert_int_equal(inspect(text, UNIX_HTTP__MAX_RESPONSE - 1, &c), -EBADMSG);
	memcpy(text, head, sizeof(head) - 1);
	assert_int_equal(inspect(text, size, &c), -EBADMSG);
	/* Too long even if what fits would do. */
	memset(text, ' ', size);
	memcpy(text, HEAD "\r\n" RUNNING_JSON, sizeof(HEAD "\r\n" RUNNING_JSON) - 1);
	assert_int_equal(inspect(text, size, &c), -EBADMSG);
	assert_int_equal(inspect(text, UNIX_HTTP__MAX_RESPONSE - 1, &c), 0);
	free(text);
}

static void deep_json(void **state)
{
	char *text = malloc(300000);
	struct runtime_container c;
	size_t used;

	(void)state;
	assert_non_null(text);
	used = (size_t)sprintf(text, HEAD "\r\n{\"a\":");
	memset(text + used, '[', 250000);
	assert_int_equal(inspect(text, used + 250000, &c), -EBADMSG);
	memset(text + used, '[', 40);
	memset(text + used + 40, ']', 40);
	used += 80;
	used += (size_t)sprintf(text + used, ",%s", RUNNING_JSON + 1);
	assert_int_equal(inspect(text, used, &c), -EBADMSG);
	used = (size_t)sprintf(text, HEAD "\r\n{\"a\":[[[[[[[[]]]]]]]],%s", RUNNING_JSON + 1);
	assert_int_equal(inspect(text, used, &c), 0);
	free(text);
}

static void long_strings_are_bounded(void **state)
{
	char name[2048], text[8192];
	struct runtime_container c;
	int used;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	used = sprintf(text,
		       HEAD "\r\n{\"Id\":\"" ID "\",\"Name\":\"/%s\",\"Config\":{\"Image\":\"%s\"},"
			    "\"State\":{\"Running\":true,\"Pid\":1,\"Status\":\"%s\"}}",
		       name, name, name);
	assert_int_equal(inspect(text, (size_t)used, &c), 0);
	assert_int_equal(strlen(c.name), sizeof(c.name) - 1);
	assert_int_equal(strlen(c.image), sizeof(c.image) - 1);
	assert_int_equal(strlen(c.status), sizeof(c.status) - 1);
}

static void slow_servers_time_out(void **state)
{
	static const char text[] = HEAD "\r\n" RUNNING_JSON;
	static const enum manner manners[] = { SILENT, DRIP };
	struct runtime_container c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(manners); i++) {
		struct timespec since;
		int64_t ms;

		answer_with(manners[i], text, sizeof(text) - 1);
		clock_gettime(CLOCK_MONOTONIC, &since);
		assert_int_equal(docker_api__inspect(server.path, "web-1", &c), -ETIMEDOUT);
		ms = elapsed_ms(&since);
		assert_in_range(ms, UNIX_HTTP__TIMEOUT_MS - 10, UNIX_HTTP__TIMEOUT_MS + 1500);
	}
}

static void full_backlog_times_out(void **state)
{
	char path[128];
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct runtime_container c;
	int listener, fds[64];
	size_t count = 0;

	(void)state;
	snprintf(path, sizeof(path), "%s/full.sock", server.dir);
	listener = listen_at(path);
	assert_true(listener >= 0);
	strcpy(addr.sun_path, path);
	for (; count < ARRAY_SIZE(fds); count++) {
		fds[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fds[count], (struct sockaddr *)&addr, sizeof(addr)))
			break;
	}
	assert_true(count < ARRAY_SIZE(fds));
	assert_int_equal(docker_api__inspect(path, "web-1", &c), -ETIMEDOUT);
	for (size_t i = 0; i <= count; i++)
		close(fds[i]);
	close(listener);
	/* The file is left, and nobody listens. */
	assert_int_equal(docker_api__inspect(path, "web-1", &c), -ENOTCONN);
	unlink(path);
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
		cmocka_unit_test(running_container),
		cmocka_unit_test(exited_container),
		cmocka_unit_test(list_of_containers),
		cmocka_unit_test(chunked_answer),
		cmocka_unit_test(truncated_at_every_byte),
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(refusals),
		cmocka_unit_test(huge_answers),
		cmocka_unit_test(deep_json),
		cmocka_unit_test(long_strings_are_bounded),
		cmocka_unit_test(slow_servers_time_out),
		cmocka_unit_test(full_backlog_times_out),
		cmocka_unit_test(sockets_that_are_none),
		cmocka_unit_test(forbidden_socket),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(sockets_are_listed),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
