// SPDX-License-Identifier: GPL-2.0-only
#include "service/hook_freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/copy.h"
#include "base/fd_message.h"
#include "base/oom_score.h"
#include "base/privileges.h"
#include "base/sandbox.h"
#include "containers/container.h"
#include "host/cgroup.h"
#include "limit/guard_cgroup.h"

#define FROZEN_MAX 16 /* at a time; as many as there are hooks at least */
/* One that ends at once would be followed by another that does. */
#define RESTARTS_MAX 16
#define STILL_NS (10 * NS_PER_MS)
#define STILL_STEP_NS (NS_PER_MS / 2)

/* To the other process. A descriptor comes with the first two. */
enum news {
	NEWS_FROZEN,  /* is about to be frozen; with its cgroup.freeze */
	NEWS_WATCHED, /* with what notes who else writes to that */
	NEWS_THAWED,
};

struct message {
	int slot;
	enum news news;
};

/*
 * A frozen cgroup: its cgroup.freeze, and an inotify that notes who else writes to that. The file has one value for
 * everybody who freezes (`docker pause`): what somebody else has written since is left as it is.
 */
struct held {
	int fd;	   /* -1: none */
	int watch; /* -1: there is none (yet) */
};

struct hook_freezer {
	const struct cgroup__hierarchy *hierarchy;
	struct hook_freezer_scope scope;
	char below[PATH_MAX];
	struct held held[FROZEN_MAX];
	pid_t pid; /* 0: it has ended */
	int socket;
	unsigned int restarts;
};

static void clear(struct held *held)
{
	for (int i = 0; i < FROZEN_MAX; i++)
		held[i] = (struct held){ -1, -1 };
}

static void forget(struct held *held)
{
	close(held->fd);
	if (held->watch >= 0)
		close(held->watch);
	*held = (struct held){ -1, -1 };
}

/* We have written before, and will do so no more: it is somebody else's. The event isn't taken, for it is true ever after. */
static bool somebody_wrote(const struct held *held)
{
	struct pollfd fd = { .fd = held->watch, .events = POLLIN };

	return held->watch >= 0 && poll(&fd, 1, 0) > 0;
}

/* Returns 0, -EALREADY (it is as somebody else wants it, and frozen), or another negative errno: the cgroup is gone. */
static int release(const struct held *held)
{
	char now = '0';

	if (somebody_wrote(held))
		return pread(held->fd, &now, 1, 0) == 1 && now == '1' ? -EALREADY : 0;
	return pwrite(held->fd, "0", 1, 0) < 0 ? -errno : 0;
}

/* ---- the other process ---- */

/* Returns whether it is a whole message. The descriptor that came with it, or -1, is the caller's. */
static bool receive(int socket, struct message *message, int *fd)
{
	ssize_t got;

	do
		got = fd_message__receive(socket, message, sizeof(*message), 0, fd);
	while (got < 0 && errno == EINTR);
	return got == sizeof(*message) && message->slot >= 0 && message->slot < FROZEN_MAX;
}

static void note(struct held *held, enum news news, int fd)
{
	if (news == NEWS_WATCHED) {
		held->watch = fd;
		return;
	}
	if (held->fd >= 0)
		forget(held);
	if (news == NEWS_FROZEN)
		held->fd = fd;
}

static _Noreturn void keeper_main(const struct hook_freezer *freezer, int socket)
{
	struct held held[FROZEN_MAX];
	struct message message;
	int fd;

	clear(held);
	child__settle("oomtrace-thaw", &socket, 1);
	oom_score__set(OOM_SCORE__NEVER);
	guard_cgroup__enter(freezer->hierarchy->mount);
	if (chdir("/") || privileges__keep(0) || sandbox__seclude(0))
		_exit(1);
	while (receive(socket, &message, &fd))
		note(&held[message.slot], message.news, fd);
	for (int i = 0; i < FROZEN_MAX; i++) {
		if (held[i].fd >= 0)
			release(&held[i]);
	}
	_exit(0);
}

/* ---- who freezes ---- */

/* Returns 0 or a negative errno: then the other process is gone, or stopped. Never waits. */
static int tell(const struct hook_freezer *freezer, int slot, enum news news)
{
	const struct held *held = &freezer->held[slot];
	const int fds[] = { [NEWS_FROZEN] = held->fd, [NEWS_WATCHED] = held->watch, [NEWS_THAWED] = -1 };
	const struct message message = { slot, news };

	return fd_message__send(freezer->socket, &message, sizeof(message), fds[news]);
}

static int tell_all(const struct hook_freezer *freezer)
{
	int err = 0;

	for (int i = 0; i < FROZEN_MAX && !err; i++) {
		if (freezer->held[i].fd >= 0)
			err = tell(freezer, i, NEWS_FROZEN);
		if (!err && freezer->held[i].watch >= 0)
			err = tell(freezer, i, NEWS_WATCHED);
	}
	return err;
}

/*
 * Starts another process that knows all that is frozen, and only then ends the one before, without its letting go of
 * anything. Returns 0 or a negative errno.
 */
static int start_keeper(struct hook_freezer *freezer)
{
	const struct hook_freezer before = { .pid = freezer->pid, .socket = freezer->socket };
	int pair[2], err;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	pid = fork();
	if (!pid)
		keeper_main(freezer, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	freezer->pid = pid;
	freezer->socket = pair[0];
	err = tell_all(freezer);
	if (before.pid > 0) {
		kill(before.pid, SIGKILL);
		waitpid(before.pid, NULL,
			WNOHANG); /* else whoever has forked us does it when it comes to it */
	}
	if (before.socket >= 0)
		close(before.socket);
	return err;
}

void hook_freezer__ended(struct hook_freezer *freezer, pid_t pid)
{
	bool holds = false;

	if (!freezer || pid != freezer->pid)
		return;
	freezer->pid = 0; /* it was waited for */
	for (int i = 0; i < FROZEN_MAX; i++)
		holds |= freezer->held[i].fd >= 0;
	/* Else, or where there can't be another one now, it is the next freeze that starts one. */
	if (holds && freezer->restarts++ < RESTARTS_MAX && start_keeper(freezer))
		return;
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

static bool is_in_scope(const struct hook_freezer *freezer, const char *cgroup)
{
	struct container_ref ref;

	if (freezer->below[0] && cgroup_path__below(cgroup, freezer->below))
		return true;
	/* A pod, or a slice that happens to have a limit, isn't one. */
	return freezer->scope.containers && !container__from_cgroup_path(cgroup, &ref) &&
	       ref.runtime != CONTAINER__UNKNOWN && ref.runtime != CONTAINER__POD;
}

/* A cgroup that we are in would keep us from thawing it; one that our parent is in, from tracing, and from being told to end. */
static int check(const struct hook_freezer *freezer, const char *cgroup)
{
	char plain[PATH_MAX];

	if (cgroup_path__normalise(cgroup, plain, sizeof(plain)) || strcmp(plain, cgroup) != 0 ||
	    !cgroup[1] || !is_in_scope(freezer, cgroup))
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

static int find_slot(const struct hook_freezer *freezer)
{
	for (int i = 0; i < FROZEN_MAX; i++) {
		if (freezer->held[i].fd < 0)
			return i;
	}
	return -EBUSY;
}

/*
 * After we have written, so that each event is somebody else's: one of ours must never keep the other process from letting
 * go. Who writes in the moment between is not noted, and what he has written is undone. There may be no inotify left.
 */
static int watch(int fd)
{
	int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (notify < 0 || inotify_add_watch(notify, path, IN_MODIFY) >= 0)
		return notify;
	close(notify);
	return -1;
}

/* Freezes what is in the slot. The other process knows before. */
static int freeze(struct hook_freezer *freezer, int slot)
{
	struct held *held = &freezer->held[slot];
	char now = '0';
	int err;

	if (pread(held->fd, &now, 1, 0) != 1 || now == '1')
		return -EALREADY;
	/* One that doesn't take it is replaced. */
	err = freezer->pid > 0 ? tell(freezer, slot, NEWS_FROZEN) : -ECHILD;
	if (err)
		err = start_keeper(freezer);
	if (!err && pwrite(held->fd, "1", 1, 0) < 0)
		err = -errno;
	if (err)
		return err;
	held->watch = watch(held->fd);
	if (held->watch >= 0)
		tell(freezer, slot, NEWS_WATCHED);
	return 0;
}

int hook_freezer__freeze(struct hook_freezer *freezer, const char *cgroup)
{
	int err = check(freezer, cgroup), slot = find_slot(freezer), dir, fd;

	if (err || slot < 0)
		return err ? err : slot;
	fd = open_freeze(freezer, cgroup, &dir);
	if (fd < 0)
		return fd;
	freezer->held[slot] = (struct held){ fd, -1 };
	err = freeze(freezer, slot);
	if (!err) {
		wait_until_still(dir);
	} else {
		tell(freezer, slot, NEWS_THAWED);
		forget(&freezer->held[slot]);
	}
	close(dir);
	return err ? err : slot;
}

int hook_freezer__thaw(struct hook_freezer *freezer, int slot)
{
	int err;

	if (slot < 0)
		return 0;
	err = release(&freezer->held[slot]);
	tell(freezer, slot, NEWS_THAWED);
	forget(&freezer->held[slot]);
	return err;
}

int hook_freezer__start(const struct cgroup__hierarchy *h, const struct hook_freezer_scope *scope,
			struct hook_freezer **out)
{
	struct hook_freezer *freezer = calloc(1, sizeof(*freezer));
	int err;

	if (!freezer)
		return -ENOMEM;
	freezer->hierarchy = h;
	freezer->scope = *scope;
	freezer->socket = -1;
	copy__text(freezer->below, sizeof(freezer->below), scope->below);
	clear(freezer->held);
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
	if (freezer->socket >= 0)
		close(freezer->socket);
	while (freezer->pid > 0 && waitpid(freezer->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(freezer);
}
