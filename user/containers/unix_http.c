// SPDX-License-Identifier: GPL-2.0-only
#include "containers/unix_http.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/copy.h"

#define MAX_HEADER 16384

static int64_t now_ms(void)
{
	return (int64_t)clock__ns(CLOCK_MONOTONIC) / NS_PER_MS;
}

static int wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline_ms - now_ms();
		int n;

		if (left <= 0)
			return -ETIMEDOUT;
		n = poll(&p, 1, (int)left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static int connect_error(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
	case ENOTSOCK:
		return -ENOTCONN;
	case EPERM:
		return -EACCES;
	default:
		return -err;
	}
}

static int connect_to(const char *path, int64_t deadline_ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err = 0;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* No EINPROGRESS on a Unix socket; EAGAIN is a full backlog, which poll() can't await. */
	while (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		if (errno != EAGAIN && errno != EINTR) {
			err = connect_error(errno);
			break;
		}
		if (now_ms() >= deadline_ms) {
			err = -ETIMEDOUT;
			break;
		}
		poll(NULL, 0, 20);
	}
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int send_all(int fd, const char *buf, size_t len, int64_t deadline_ms)
{
	while (len) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);
		int err;

		if (n > 0) {
			buf += n;
			len -= (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = wait_for(fd, POLLOUT, deadline_ms);
		if (err)
			return err;
	}
	return 0;
}

/* Read until the other side closes, which ends an HTTP/1.0 answer. */
static ssize_t receive_all(int fd, char *buf, size_t size, int64_t deadline_ms)
{
	size_t used = 0;

	for (;;) {
		int err = wait_for(fd, POLLIN, deadline_ms);
		ssize_t n;

		if (err)
			return err;
		n = recv(fd, buf + used, size - used, 0);
		if (!n)
			return (ssize_t)used;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return errno == ECONNRESET ? -EBADMSG : -errno;
		if (n > 0)
			used += (size_t)n;
		if (used == size)
			return -EBADMSG;
	}
}

static bool parse_size(const char *s, const char *end, unsigned int base, size_t *value)
{
	size_t v = 0;
	const char *start = s;

	for (; s < end; s++) {
		unsigned int digit;

		if (*s >= '0' && *s <= '9')
			digit = (unsigned int)(*s - '0');
		else if (base == 16 && (*s | 0x20) >= 'a' && (*s | 0x20) <= 'f')
			digit = (unsigned int)((*s | 0x20) - 'a' + 10);
		else
			break;
		v = v * base + digit;
		if (v > UNIX_HTTP__MAX_RESPONSE)
			return false;
	}
	*value = v;
	return s == end && s > start;
}

/* Join the chunks where they are: each moves towards the front. Trailers are ignored. */
static int join_chunks(char *body, size_t *len)
{
	char *in = body, *end = body + *len, *out = body;

	for (;;) {
		char *eol = memmem(in, (size_t)(end - in), "\r\n", 2), *semicolon;
		size_t size;

		if (!eol)
			return -EBADMSG;
		semicolon = memchr(in, ';', (size_t)(eol - in));
		if (!parse_size(in, semicolon ? semicolon : eol, 16, &size))
			return -EBADMSG;
		in = eol + 2;
		if (!size)
			break;
		if ((size_t)(end - in) < size + 2 || memcmp(in + size, "\r\n", 2))
			return -EBADMSG;
		memmove(out, in, size);
		out += size;
		in += size + 2;
	}
	/* The chunk of length 0 is followed by an empty line, or it was cut off. */
	if (end - in < 2 || memcmp(end - 2, "\r\n", 2))
		return -EBADMSG;
	*len = (size_t)(out - body);
	return 0;
}

/* The value of a header line, if it is this one. */
static const char *header_value(const char *line, const char *eol, const char *name, size_t *len)
{
	size_t name_len = strlen(name);

	if ((size_t)(eol - line) <= name_len || strncasecmp(line, name, name_len) || line[name_len] != ':')
		return NULL;
	line += name_len + 1;
	while (line < eol && (*line == ' ' || *line == '\t'))
		line++;
	while (line < eol && (eol[-1] == ' ' || eol[-1] == '\t'))
		eol--;
	*len = (size_t)(eol - line);
	return line;
}

struct headers {
	bool chunked;
	char server[UNIX_HTTP__SERVER_SIZE];
	bool has_length;
	size_t length;
};

static int parse_headers(const char *line, const char *end, struct headers *h)
{
	while (line < end) {
		const char *eol = memmem(line, (size_t)(end - line), "\r\n", 2), *value;
		size_t len = 0;

		if (!eol)
			return -EBADMSG;
		value = header_value(line, eol, "Content-Length", &len);
		if (value) {
			if (!parse_size(value, value + len, 10, &h->length))
				return -EBADMSG;
			h->has_length = true;
		}
		value = header_value(line, eol, "Transfer-Encoding", &len);
		if (value) {
			if (len != 7 || strncasecmp(value, "chunked", 7))
				return -EBADMSG;
			h->chunked = true;
		}
		value = header_value(line, eol, "Server", &len);
		if (value)
			copy__text(h->server, len < sizeof(h->server) ? len + 1 : sizeof(h->server), value);
		line = eol + 2;
	}
	return 0;
}

static int parse_response(char *buf, size_t len, struct unix_http_response *out)
{
	struct headers h = { 0 };
	char *head_end, *line_end;
	int err;

	/* "HTTP/1.x NNN reason" */
	head_end = memmem(buf, len < MAX_HEADER ? len : MAX_HEADER, "\r\n\r\n", 4);
	if (!head_end || head_end - buf < 12 || memcmp(buf, "HTTP/1.", 7) || buf[8] != ' ')
		return -EBADMSG;
	for (int i = 9; i < 12; i++)
		if (buf[i] < '0' || buf[i] > '9')
			return -EBADMSG;
	out->status = (buf[9] - '0') * 100 + (buf[10] - '0') * 10 + (buf[11] - '0');
	line_end = memmem(buf, len, "\r\n", 2);
	err = parse_headers(line_end + 2, head_end + 2, &h);
	if (err)
		return err;
	memcpy(out->server, h.server, sizeof(out->server));
	out->body = head_end + 4;
	out->body_len = len - (size_t)(out->body - buf);
	if (h.chunked)
		return join_chunks(out->body, &out->body_len);
	if (h.has_length && h.length != out->body_len)
		return -EBADMSG;
	return 0;
}

int unix_http__get(const char *socket_path, const char *target, struct unix_http_response *out)
{
	int64_t deadline_ms = now_ms() + UNIX_HTTP__TIMEOUT_MS;
	struct unix_http_response response = { 0 };
	char request[512];
	ssize_t n;
	int fd, err;

	/* 1.0: the answer comes in one piece and ends with the connection. */
	n = snprintf(request, sizeof(request),
		     "GET %s HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n", target);
	if (n < 0 || (size_t)n >= sizeof(request))
		return -ENAMETOOLONG;
	fd = connect_to(socket_path, deadline_ms);
	if (fd < 0)
		return fd;
	response.buf = calloc(1, UNIX_HTTP__MAX_RESPONSE);
	err = response.buf ? send_all(fd, request, (size_t)n, deadline_ms) : -ENOMEM;
	/* One that has answered already, and closed, is still to be read. */
	if (!err || err == -EPIPE) {
		n = receive_all(fd, response.buf, UNIX_HTTP__MAX_RESPONSE, deadline_ms);
		err = n < 0 ? (int)n : parse_response(response.buf, (size_t)n, &response);
	}
	close(fd);
	if (err)
		free(response.buf);
	else
		*out = response;
	return err;
}
