/* SPDX-License-Identifier: GPL-2.0-only */
/* A runtime's socket, served by a thread that answers as it is told. */
#ifndef OOMTRACE_TEST_API_SERVER_H
#define OOMTRACE_TEST_API_SERVER_H

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "containers/docker_api.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "0123fedcba9876543210fedcba9876543210fedcba9876543210fedcba987654"
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
#define DRIP_INTERVAL_MS 50

enum manner { ANSWER, DRIP, SILENT };

struct server {
	char dir[64];
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
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
static inline void hold(int fd, int timeout_ms)
{
	struct pollfd p[2] = { { .fd = server.wake[0], .events = POLLIN },
			       { .fd = fd, .events = POLLRDHUP } };

	poll(p, 2, timeout_ms);
}

static inline void send_bytes(int fd, const char *buf, size_t len, enum manner manner)
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

static inline void serve_one(int fd)
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

static inline void *serve(void *unused)
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

static inline int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 8))
		return -1;
	return fd;
}

static inline int start(void **state)
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

static inline int stop(void **state)
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

static inline void answer_with(enum manner manner, const char *text, size_t len)
{
	pthread_mutex_lock(&server.lock);
	server.manner = manner;
	server.answer = text;
	server.len = len;
	pthread_mutex_unlock(&server.lock);
}

/* The client may be done before the server is, which still reads the answer's text. */
static inline void settle(void)
{
	pthread_mutex_lock(&server.lock);
	pthread_mutex_unlock(&server.lock);
}

static inline int inspect(const char *text, size_t len, struct runtime_container *c)
{
	int err;

	answer_with(ANSWER, text, len);
	err = docker_api__inspect(server.path, "web-1", c);
	settle();
	return err;
}

#endif
