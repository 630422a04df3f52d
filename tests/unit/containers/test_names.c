// SPDX-License-Identifier: GPL-2.0-only
/* Names of containers from a runtime that answers, one that hangs, and one that comes back; the asker, too. */
#define _GNU_SOURCE 1

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "containers/names.h"

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

static void *serve(void *arg)
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

static int set_up(void **state)
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

static int tear_down(void **state)
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

static int pipes[2];
static unsigned int worked;

static bool work(void *ctx)
{
	char byte;

	(void)ctx;
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	worked++;
	return true;
}

static bool hurry;

static bool hurries(void *ctx)
{
	(void)ctx;
	return hurry;
}

static struct names *new_names(void)
{
	static const struct record_container none;
	struct names_meanwhile meanwhile = { .work = work, .hurries = hurries };

	assert_int_equal(pipe(pipes), 0);
	meanwhile.fd = pipes[0];
	worked = 0;
	hurry = false;
	return names__new(&none, asker, &meanwhile);
}

static void free_names(struct names *names)
{
	names__free(names);
	close(pipes[0]);
	close(pipes[1]);
}

static struct container_ref docker(const char *id)
{
	struct container_ref ref = { .runtime = CONTAINER__DOCKER };

	snprintf(ref.id, sizeof(ref.id), "%s", id);
	return ref;
}

/* Asks again and again: a busy machine takes its time. */
static void expect_in_the_end(struct names *names, const struct container_ref *ref, const char *name)
{
	const struct timespec step = clock__timespec(20 * NS_PER_MS);
	const char *got = NULL;

	for (int i = 0; i < 3000 && !got; i++) {
		got = names__container(names, ref);
		nanosleep(&step, NULL);
	}
	assert_non_null(got);
	assert_string_equal(got, name);
}

static void a_name_is_asked_for_once(void **state)
{
	struct container_ref ref = docker(ID), lxc = { .runtime = CONTAINER__LXC, .id = "web" };
	struct names *names = new_names();
	unsigned int asked;

	(void)state;
	server.manner = KNOWS;
	expect_in_the_end(names, &ref, "web");
	asked = server.asked;
	assert_string_equal(names__container(names, &ref), "web");
	assert_null(names__container(names, &lxc));
	assert_int_equal(server.asked, asked);
	free_names(names);
}

static void a_name_that_was_not_known_is_asked_for_again(void **state)
{
	struct container_ref ref = docker(ID);
	struct names *names = new_names();

	(void)state;
	server.manner = KNOWS_NOT;
	assert_null(names__container(names, &ref));
	__atomic_store_n(&server.manner, KNOWS, __ATOMIC_SEQ_CST);
	expect_in_the_end(names, &ref, "web");
	free_names(names);
}

static void a_runtime_that_hangs_is_waited_for_once(void **state)
{
	struct container_ref ref = docker(ID), other = docker(ID2);
	struct names *names = new_names();

	(void)state;
	server.manner = SILENT;
	assert_int_equal(write(pipes[1], "a", 1), 1);
	assert_null(names__container(names, &ref));
	/* What came meanwhile was taken in. */
	assert_int_equal(worked, 1);
	/* Another container's name isn't asked for there: it still waits for the first, or leaves it alone. */
	assert_null(names__container(names, &other));
	assert_int_equal(__atomic_load_n(&server.asked, __ATOMIC_SEQ_CST), 1);
	free_names(names);
}

static void there_is_no_waiting_at_the_end(void **state)
{
	struct container_ref ref = docker(ID);
	struct names *names = new_names();

	(void)state;
	server.manner = SILENT;
	hurry = true;
	assert_int_equal(write(pipes[1], "a", 1), 1);
	assert_null(names__container(names, &ref));
	assert_int_equal(worked, 0);
	free_names(names);
}

/* Asks the process itself, and waits for its answer. */
static int answer_to(int number, struct runtime_container *out)
{
	int result;

	assert_true(number > 0);
	while (!(result = asker__take(asker, number, out))) {
		struct pollfd fd = { .fd = asker__fd(asker), .events = POLLIN };

		poll(&fd, 1, -1);
	}
	return result;
}

static int answer_of(const char *socket, struct runtime_container *out)
{
	return answer_to(asker__ask(asker, socket, ID), out);
}

static void a_silent_socket_is_left_alone(void **state)
{
	struct runtime_container container;
	unsigned int asked;

	(void)state;
	server.manner = SILENT;
	assert_int_equal(answer_of(server.path, &container), -ETIMEDOUT);
	asked = server.asked;
	assert_int_equal(asked, 1);
	__atomic_store_n(&server.manner, KNOWS, __ATOMIC_SEQ_CST);
	assert_int_equal(answer_of(server.path, &container), -ETIMEDOUT);
	assert_int_equal(server.asked, asked);
	/* But not when its word is the last that can be had. */
	assert_int_equal(answer_to(asker__insist(asker, server.path, ID), &container), 1);
	assert_string_equal(container.name, "web");
}

static void questions_are_bounded(void **state)
{
	struct runtime_container container;
	int numbers[ASKER__QUESTIONS_MAX];

	(void)state;
	server.manner = KNOWS;
	assert_int_equal(answer_of(server.path, &container), 1);
	assert_string_equal(container.name, "web");
	for (int i = 0; i < ASKER__QUESTIONS_MAX; i++) {
		numbers[i] = asker__ask(asker, server.path, ID);
		assert_true(numbers[i] > 0);
	}
	assert_int_equal(asker__ask(asker, server.path, ID), -EAGAIN);
	/* What nobody waits for has no place; its answer is nobody's. */
	asker__forget(asker, numbers[3]);
	assert_int_equal(answer_of(server.path, &container), 1);
	assert_int_equal(asker__take(asker, numbers[3], &container), -EPIPE);
	assert_int_equal(asker__take(asker, numbers[0], &container), 1);
	assert_int_equal(asker__take(asker, numbers[0], &container), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_is_asked_for_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_name_that_was_not_known_is_asked_for_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_runtime_that_hangs_is_waited_for_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_is_no_waiting_at_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_silent_socket_is_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(questions_are_bounded, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
