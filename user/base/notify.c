// SPDX-License-Identifier: GPL-2.0-only
#include "base/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

static struct {
	int fd;
	uint64_t every_ns, told_ns; /* of the watchdog; 0: there is none */
} notify = { .fd = -1 };

static int open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') || len >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* abstract */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void notify__open(void)
{
	const char *path = getenv("NOTIFY_SOCKET"), *watchdog = getenv("WATCHDOG_USEC"),
		   *pid = getenv("WATCHDOG_PID");

	if (path && notify.fd < 0)
		notify.fd = open_socket(path);
	/* Half of the time that systemd waits, as sd_watchdog_enabled(3) wants it. */
	if (watchdog && (!pid || strtol(pid, NULL, 10) == getpid()))
		notify.every_ns = strtoull(watchdog, NULL, 10) / 2 * NS_PER_US;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

/* A manager that doesn't listen isn't waited for. */
static void tell(const char *text)
{
	if (notify.fd >= 0 && send(notify.fd, text, strlen(text), MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
		close(notify.fd);
		notify.fd = -1;
	}
}

void notify__ready(void)
{
	tell("READY=1\nSTATUS=Traces OOM kills");
}

void notify__alive(uint64_t now_ns)
{
	if (!notify.every_ns || now_ns - notify.told_ns < notify.every_ns)
		return;
	notify.told_ns = now_ns;
	tell("WATCHDOG=1");
}

void notify__reloading(uint64_t now_ns)
{
	char text[80];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)(now_ns / NS_PER_US));
	tell(text);
}

void notify__stopping(void)
{
	tell("STOPPING=1");
}
