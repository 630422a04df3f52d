/* SPDX-License-Identifier: GPL-2.0-only */
/* A runtime that answers, one that hangs, and one that comes back; and the process that asks it. */
#ifndef OOMTRACE_TEST_RUNTIME_H
#define OOMTRACE_TEST_RUNTIME_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "containers/asker.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "0123fedcba9876543210fedcba9876543210fedcba9876543210fedcba987654"
#define HEAD "HTTP/1.0 200 OK\r\nServer: Docker/28.0 (linux)\r\n\r\n"
#define WEB                                                                                               \
	HEAD "{\"Id\":\"" ID "\",\"State\":{\"Status\":\"running\",\"Running\":true,\"Pid\":1},\"Name\":" \
	     "\"/web\"}"
#define GONE "HTTP/1.0 404 Not Found\r\n\r\n{\"message\":\"No such container\"}"

/* What the runtime does: it answers, or accepts and says nothing. */
enum manner { KNOWS, KNOWS_NOT, SILENT };

static struct {
	char dir[40], path[64];
	int listener;
	enum manner manner;
	unsigned int asked;
} server;

static inline void *serve(void *arg)
{
	int held[64];
	size_t count = 0;

	(void)arg;
	for (;;) {
		int fd = accept(server.listener, NULL, NULL);
		char request[4096];
		const char *answer;

		if (fd < 0) {
			while (count)
				close(held[--count]);
			return NULL;
		}
		__atomic_add_fetch(&server.asked, 1, __ATOMIC_SEQ_CST);
		if (recv(fd, request, sizeof(request), 0) <= 0 ||
		    (__atomic_load_n(&server.manner, __ATOMIC_SEQ_CST) == SILENT && count < 64)) {
			held[count++] = fd; /* open, so that the other side waits */
			continue;
		}
		answer = __atomic_load_n(&server.manner, __ATOMIC_SEQ_CST) == KNOWS ? WEB : GONE;
		send(fd, answer, strlen(answer), MSG_NOSIGNAL);
		close(fd);
	}
}

static pthread_t thread;
static struct asker *asker;

static inline int set_up(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char host[256];

	(void)state;
	snprintf(server.dir, sizeof(server.dir), "/tmp/oomtrace-names-XXXXXX");
	assert_non_null(mkdtemp(server.dir));
	snprintf(server.path, sizeof(server.path), "%.40s/docker.sock", server.dir);
	snprintf(host, sizeof(host), "unix://%s", server.path);
	setenv("DOCKER_HOST", host, 1);
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("SUDO_UID");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", server.path);
	server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	server.asked = 0;
	assert_int_equal(bind(server.listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(server.listener, 16), 0);
	assert_int_equal(asker__start(&asker), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	asker__stop(asker);
	shutdown(server.listener, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(server.listener);
	unlink(server.path);
	rmdir(server.dir);
	return 0;
}

#endif
