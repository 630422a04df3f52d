// SPDX-License-Identifier: GPL-2.0-only
#include "service/hook_freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/copy.h"
#include "base/oom_score.h"
#include "base/privileges.h"
#include "host/cgroup.h"
#include "limit/guard_cgroup.h"

#define FROZEN_MAX 16 /* at a time; as many as there are hooks at least */
#define STILL_NS (10 * NS_PER_MS)
#define STILL_STEP_NS (NS_PER_MS / 2)

/* To the other process: a frozen cgroup's file comes with it, or it is thawed. */
struct message {
	int token;
	bool frozen;
};

struct hook_freezer {
	const struct cgroup__hierarchy *hierarchy;
	char below[PATH_MAX];
	pid_t pid;
	int fd;
};

/* ---- the other process ---- */

struct held {
	int token, fd;
};

static void release(int fd)
{
	/* Nothing can be done where that fails: the cgroup is gone. */
	if (pwrite(fd, "0", 1, 0) < 0)
		return;
}

static bool receive(int socket, struct message *message, int *fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { message, sizeof(*message) };
	struct msghdr header = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *part;
	ssize_t got;

	do
		got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	part = CMSG_FIRSTHDR(&header);
	*fd = -1;
	if (part && part->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(part), sizeof(*fd));
	return got == sizeof(*message);
}

static void note(struct held *held, const struct message *message, int fd)
{
	for (int i = 0; i < FROZEN_MAX; i++) {
		if (message->frozen && held[i].fd < 0) {
			held[i] = (struct held){ message->token, fd };
			return;
		}
		if (!message->frozen && held[i].fd >= 0 && held[i].token == message->token) {
			close(held[i].fd);
			held[i].fd = -1;
			return;
		}
	}
}

static _Noreturn void keeper_main(const struct hook_freezer *freezer, int socket)
{
	struct held held[FROZEN_MAX];
	struct message message;
	int fd;

	for (int i = 0; i < FROZEN_MAX; i++)
		held[i].fd = -1;
	child__settle("oomtrace-thaw", &socket, 1);
	oom_score__set(OOM_SCORE__NEVER);
	guard_cgroup__enter(freezer->hierarchy->mount);
	if (chdir("/") || privileges__drop())
		_exit(1);
	while (receive(socket, &message, &fd))
		note(held, &message, fd);
	for (int i = 0; i < FROZEN_MAX; i++) {
		if (held[i].fd >= 0)
			release(held[i].fd);
	}
	_exit(0);
}

static int start_keeper(struct hook_freezer *freezer)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	freezer->pid = fork();
	if (!freezer->pid)
		keeper_main(freezer, pair[1]);
	close(pair[1]);
	if (freezer->pid < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	freezer->fd = pair[0];
	return 0;
}

/* ---- who freezes ---- */

/* Returns 0 or a negative errno: then the other process is gone, or stopped. Never waits. */
static int tell(const struct hook_freezer *freezer, int token, bool frozen, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct message message = { token, frozen };
	struct iovec iov = { &message, sizeof(message) };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (frozen) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		header.msg_control = &control;
		header.msg_controllen = sizeof(control);
	}
	return sendmsg(freezer->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Whether this process is in the cgroup. Where that isn't known, it is. */
static bool has(const struct hook_freezer *freezer, const char *cgroup, pid_t pid)
{
	char path[PATH_MAX];
	int err = cgroup__of_pid(freezer->hierarchy, pid, path, sizeof(path));

	if (err)
		return err != -ESRCH && err != -EXDEV && err != -ENOENT;
	return cgroup_path__below(path, cgroup);
}

/* A cgroup that we are in would keep us from thawing it; one that our parent is in, from tracing, and from being told to end. */
static int check(const struct hook_freezer *freezer, const char *cgroup)
{
	char plain[PATH_MAX];

	if (cgroup_path__normalise(cgroup, plain, sizeof(plain)) || strcmp(plain, cgroup) != 0 ||
	    !cgroup[1] || !cgroup_path__below(cgroup, freezer->below))
		return -EXDEV;
	return has(freezer, cgroup, getpid()) || has(freezer, cgroup, getppid()) ? -EDEADLK : 0;
}

/* The path in the hierarchy, not followed out of it: names in it are those that the kernel gave. */
static int open_freeze(const struct hook_freezer *freezer, const char *cgroup, int *dir)
{
	char path[2 * PATH_MAX];
	int fd, err;

	snprintf(path, sizeof(path), "%s%s", freezer->hierarchy->mount, cgroup);
	*dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*dir < 0)
		return -errno;
	fd = openat(*dir, "cgroup.freeze", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	err = -errno;
	if (fd < 0)
		close(*dir);
	return fd < 0 ? err : fd;
}

static void wait_until_still(int dir)
{
	const struct timespec pause = clock__timespec(STILL_STEP_NS);
	uint64_t end_ns = clock__ns(CLOCK_MONOTONIC) + STILL_NS, frozen;

	while (!cgroup__read_key(dir, "cgroup.events", "frozen", &frozen) && !frozen &&
	       clock__ns(CLOCK_MONOTONIC) < end_ns)
		nanosleep(&pause, NULL);
}

int hook_freezer__freeze(struct hook_freezer *freezer, const char *cgroup)
{
	char now = '0';
	int err = check(freezer, cgroup), dir, fd = err ? err : open_freeze(freezer, cgroup, &dir);

	if (fd < 0)
		return fd;
	if (pread(fd, &now, 1, 0) != 1 || now == '1')
		err = -EALREADY;
	/* Before it is frozen. One that doesn't take it is replaced. */
	else if (tell(freezer, fd, true, fd)) {
		close(freezer->fd);
		freezer->fd = -1;
		if (freezer->pid > 0)
			waitpid(freezer->pid, NULL, WNOHANG);
		err = start_keeper(freezer);
		if (!err)
			err = tell(freezer, fd, true, fd);
	}
	if (!err && pwrite(fd, "1", 1, 0) < 0)
		err = -errno;
	if (!err)
		wait_until_still(dir);
	close(dir);
	if (!err)
		return fd;
	close(fd);
	return err;
}

void hook_freezer__thaw(struct hook_freezer *freezer, int fd)
{
	if (fd < 0)
		return;
	release(fd);
	tell(freezer, fd, false, -1);
	close(fd);
}

int hook_freezer__start(const struct cgroup__hierarchy *h, const char *below, struct hook_freezer **out)
{
	struct hook_freezer *freezer = calloc(1, sizeof(*freezer));
	int err;

	if (!freezer)
		return -ENOMEM;
	freezer->hierarchy = h;
	copy__text(freezer->below, sizeof(freezer->below), below);
	err = start_keeper(freezer);
	if (err) {
		free(freezer);
		return err;
	}
	*out = freezer;
	return 0;
}

void hook_freezer__stop(struct hook_freezer *freezer)
{
	if (!freezer)
		return;
	if (freezer->fd >= 0)
		close(freezer->fd);
	while (freezer->pid > 0 && waitpid(freezer->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(freezer);
}
