/* SPDX-License-Identifier: GPL-2.0-only */
/* One HTTP GET over a Unix socket, bounded in time and size. The other side is not trusted. */
#ifndef OOMTRACE_UNIX_HTTP_H
#define OOMTRACE_UNIX_HTTP_H

#include <stddef.h>

#define UNIX_HTTP__TIMEOUT_MS 2000 /* for a whole request */
#define UNIX_HTTP__MAX_RESPONSE (1u << 20)
#define UNIX_HTTP__SERVER_SIZE 32

struct unix_http_response {
	int status;
	char server[UNIX_HTTP__SERVER_SIZE]; /* the header, cut; "" when there is none */
	char *body;			     /* in `buf`; no NUL at its end */
	size_t body_len;
	char *buf; /* the caller frees it */
};

/*
 * Asks for `target` ("/containers/json") and takes in the whole answer, whatever its status. Takes
 * UNIX_HTTP__TIMEOUT_MS at most. Returns 0 with *out set, or
 *   -ENOTCONN   no such socket, or nobody listens on it
 *   -EACCES     the socket is there, but not for this user
 *   -ETIMEDOUT  no full answer in time
 *   -EBADMSG    the answer isn't HTTP, or is too long
 * or another negative errno.
 */
int unix_http__get(const char *socket_path, const char *target, struct unix_http_response *out);

#endif
