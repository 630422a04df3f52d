// SPDX-License-Identifier: GPL-2.0-only
/* What a socket may answer: cut, huge, malformed, slow, or never. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "containers/docker_api.h"
#include "containers/unix_http.h"
#include "api_server.h"

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

static int64_t elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunked_answer),
		cmocka_unit_test(truncated_at_every_byte),
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(refusals),
		cmocka_unit_test(huge_answers),
		cmocka_unit_test(deep_json),
		cmocka_unit_test(long_strings_are_bounded),
		cmocka_unit_test(slow_servers_time_out),
		cmocka_unit_test(full_backlog_times_out),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
