/* SPDX-License-Identifier: GPL-2.0-only */
/* Docker's HTTP API, which Podman also speaks, over a Unix socket. Read-only requests. */
#ifndef OOMTRACE_DOCKER_API_H
#define OOMTRACE_DOCKER_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "containers/container.h"

#define DOCKER_API__MAX_SOCKETS 8
#define DOCKER_API__NAME_SIZE 256
#define DOCKER_API__SOCKET_SIZE sizeof(((struct sockaddr_un *)0)->sun_path)

struct docker_api__socket {
	char path[DOCKER_API__SOCKET_SIZE];
};

/* Text is as the runtime gave it, bounded and NUL-terminated but not escaped. "" is unknown. */
struct runtime_container {
	enum container_runtime runtime;	  /* by the answer's Server header; Docker when it has none */
	char id[CONTAINER__ID_SIZE];	  /* always 64 hex digits */
	char name[DOCKER_API__NAME_SIZE]; /* without the API's leading slash */
	char image[DOCKER_API__NAME_SIZE];
	char status[32];    /* "running", "exited", ... */
	bool running;	    /* true while paused or restarting too */
	pid_t pid;	    /* its init, in the runtime's pid namespace; 0: none */
	bool has_exit_code; /* only while it has no init */
	int exit_code;
	bool has_oom_killed;
	bool oom_killed;
	bool restarts; /* it has a restart policy */
	bool has_memory_limit;
	uint64_t memory_limit_bytes; /* HostConfig.Memory; absent when there is none (0) */
};

/*
 * The sockets to try: $DOCKER_HOST if it is unix://, Docker's, Podman's, the user's own Podman's,
 * and that of the user who called sudo. Each file is listed once, however many names lead to it;
 * those that don't exist are listed too, so that a message can name them. Returns how many.
 */
size_t docker_api__sockets(struct docker_api__socket *out, size_t max);

/* The socket of root's runtime of this kind, or "". Static text. */
const char *docker_api__socket_of(enum container_runtime runtime);

/*
 * Ask for one container by name, full id, or prefix of the id. Takes UNIX_HTTP__TIMEOUT_MS at
 * most. Returns 0 or
 *   -EINVAL     not a container's name (only [a-zA-Z0-9_.-]); nothing was asked
 *   -ENOTCONN   no such socket, or nobody listens on it
 *   -EACCES     the socket is there, but not for this user
 *   -ENOENT     the runtime answered: no such container
 *   -ENOTUNIQ   the runtime answered: more than one (docker_api__list has them)
 *   -ETIMEDOUT  no full answer in time
 *   -EREMOTEIO  the runtime answered with an error of its own
 *   -EBADMSG    an answer that makes no sense, or is too long
 * or another errno of the socket.
 */
int docker_api__inspect(const char *socket_path, const char *name, struct runtime_container *out);

/* Return 0 to go on; anything else ends the list and is its result. */
typedef int (*docker_api__list_fn)(const struct runtime_container *container, void *ctx);

/* All containers, also those not running: id, name, image and status. Errors as above. */
int docker_api__list(const char *socket_path, docker_api__list_fn fn, void *ctx);

/* What these errors mean, for a message. Static text. */
const char *docker_api__error(int err);

#endif
