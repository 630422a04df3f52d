// SPDX-License-Identifier: GPL-2.0-only
#include "limit/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/landlock.h"
#include "base/oom_score.h"
#include "base/privileges.h"
#include "base/sandbox.h"
#include "host/cgroup.h"
#include "limit/guard_cgroup.h"
#include "limit/limit_file.h"
#include "limit/lock.h"
#include "limit/predict.h"

/* How long the guard may take. A write that reclaims much takes longer; then its parent takes over. */
#define FINISH_NS (10 * NS_PER_S)
#define FINISH_STEP_NS (5 * NS_PER_MS)

/* The limit of the cgroup itself, and that of the cgroup in it which has the processes of a container of crun's. */
enum { OUTER, INNER, LIMITS };

/* Who has an opening of the limit's file. */
enum { PARENT, GUARD, OPENINGS };

/* What both processes see. The parent writes it only before a write of the limit. */
struct shared {
	/*
	 * Held by the parent while it lives. Robust: the kernel releases it first thing when the
	 * holder dies, long before it closes files, of which BPF's can take a second under load.
	 */
	pthread_mutex_t alive;
	struct {
		uint64_t old_bytes;	/* before any change */
		uint64_t last_bytes;	/* as we set it last */
		uint64_t pending_bytes; /* the one that is being written, which may have happened or not */
	} limits[LIMITS];
	bool changed; /* there has been a write, or one is going on */
	bool keep;
	bool done; /* the guard has an outcome */
	struct guard_outcome outcome;
};

struct guard {
	struct shared *shared;
	struct guard_request request; /* dir_fd is the guard's own */
	pid_t pid;		      /* 0: there is none */
	int pipe_fd;		      /* its other end reads EOF when the last thread of oomtrace is gone */
	int lock_fd;		      /* or the negative errno for which there is none */
	/*
	 * Two openings of the limit's file, because a write holds the lock of its opening for as long as the kernel
	 * reclaims and kills inside it (of->mutex, kernfs_fop_write_iter(), fs/kernfs/file.c): the guard would wait.
	 */
	int limit_fds[LIMITS][OPENINGS]; /* the inner ones are -1 where there is none to write */
	bool refused;			 /* the last guard could not be replaced */
	uint64_t before_bytes;		 /* as somebody left it who was killed with its guard; 0: nobody */
};

/* A lower limit than the present one may kill: not without need, nor when nobody has asked for it. */
static bool would_kill(const struct guard *guard, uint64_t old_bytes, uint64_t present)
{
	struct prediction p;

	return !guard->request.even_if_it_kills && !strcmp(guard->request.file, "memory.max") &&
	       old_bytes < present && !predict__floor(guard->request.dir_fd, &p) && old_bytes < p.floor_bytes;
}

static uint64_t kills_so_far(const struct guard *guard)
{
	uint64_t kills = 0;

	return cgroup__read_key(guard->request.dir_fd, "memory.events", "oom_kill", &kills) ? 0 : kills;
}

static enum guard_result restore_limit(const struct guard *guard, int which, int opening)
{
	const struct shared *shared = guard->shared;
	uint64_t old = shared->limits[which].old_bytes, present = 0;
	int fd = guard->limit_fds[which][opening], err = limit_file__read(fd, &present);

	if (!err && present == old)
		return GUARD_RESTORED;
	if (!err && present != shared->limits[which].last_bytes &&
	    present != shared->limits[which].pending_bytes)
		return GUARD_CHANGED;
	if (!err && would_kill(guard, old, present))
		return GUARD_WOULD_KILL;
	if (!err)
		err = limit_file__write(fd, old);
	if (err)
		return err == -ENODEV ? GUARD_GONE : GUARD_FAILED;
	return GUARD_RESTORED;
}

/* Through this opening of the limits' files. */
static struct guard_outcome restore(const struct guard *guard, int opening)
{
	const struct shared *shared = guard->shared;
	struct guard_outcome outcome = { .result = GUARD_NOTHING };
	enum guard_result inner = GUARD_RESTORED;
	uint64_t before;

	if (!shared->changed)
		return outcome;
	if (shared->keep)
		return (struct guard_outcome){ .result = GUARD_KEPT };
	before = kills_so_far(guard);
	outcome.result = restore_limit(guard, OUTER, opening);
	if (guard->limit_fds[INNER][opening] >= 0 &&
	    (outcome.result == GUARD_RESTORED || outcome.result == GUARD_CHANGED))
		inner = restore_limit(guard, INNER, opening);
	/* The container's processes may be gone, and their cgroup with them. */
	if (inner != GUARD_RESTORED && inner != GUARD_GONE)
		outcome.result = inner;
	outcome.kills = kills_so_far(guard);
	outcome.kills -= outcome.kills < before ? outcome.kills : before;
	return outcome;
}

/* It writes the limit, which is open, reads what is in the cgroup, and removes the lock. */
static int confine(const struct guard *guard)
{
	const char *session = getenv("XDG_RUNTIME_DIR");
	char cgroup[64], locks[PATH_MAX];
	const struct landlock_place places[] = {
		{ .path = cgroup },
		{ .path = "/proc" },
		{ .path = locks, .writable = true },
	};
	int err;

	snprintf(cgroup, sizeof(cgroup), "/proc/self/fd/%d", guard->request.dir_fd);
	snprintf(locks, sizeof(locks), "%s/oomtrace", geteuid() && session ? session : "/run");
	err = landlock__confine(places, ARRAY_SIZE(places));
	return err == -EOPNOTSUPP || err == -E2BIG ? 0 : err;
}

static _Noreturn void guard_main(struct guard *guard, int read_fd)
{
	int keep[] = { read_fd, guard->lock_fd, guard->limit_fds[OUTER][GUARD],
		       guard->limit_fds[INNER][GUARD], guard->request.dir_fd };
	struct shared *shared = guard->shared;
	uint64_t kills;
	char byte;

	child__settle("oomtrace-guard", keep, ARRAY_SIZE(keep));
	/* Out of reach of the OOM killer that its parent may be provoking. Without the right to do so it
	 * is killable like anything else: no reason not to guard. */
	oom_score__set(OOM_SCORE__NEVER);
	/* Where that can't be, whatever kills the parent's cgroup as a whole kills the guard, too. */
	if (guard->request.mount)
		guard_cgroup__enter(guard->request.mount);
	if (chdir("/") || privileges__keep(0) || confine(guard) || sandbox__seclude(SANDBOX__REMOVES))
		_exit(1);
	pthread_mutex_lock(&shared->alive);
	shared->outcome = restore(guard, GUARD);
	/* Another thread may have been in the middle of a write when the holder died: once more. */
	while (read(read_fd, &byte, 1) < 0 && errno == EINTR)
		;
	kills = shared->outcome.kills;
	if (shared->outcome.result == GUARD_RESTORED)
		shared->outcome = restore(guard, GUARD);
	shared->outcome.kills += kills;
	if (guard->lock_fd >= 0)
		lock__remove(guard->request.cgroup_id);
	__atomic_store_n(&shared->done, true, __ATOMIC_SEQ_CST);
	_exit(0);
}

static void close_limit(struct guard *guard, int which)
{
	for (int i = 0; i < OPENINGS; i++) {
		if (guard->limit_fds[which][i] >= 0)
			close(guard->limit_fds[which][i]);
		guard->limit_fds[which][i] = -1;
	}
}

static int open_limit(struct guard *guard, int which, const char *path)
{
	uint64_t bytes;
	int err;

	for (int i = 0; i < OPENINGS; i++) {
		guard->limit_fds[which][i] =
			openat(guard->request.dir_fd, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (guard->limit_fds[which][i] < 0)
			return -errno;
	}
	err = limit_file__read(guard->limit_fds[which][PARENT], &bytes);
	if (err)
		return err;
	guard->shared->limits[which].old_bytes = guard->shared->limits[which].last_bytes =
		guard->shared->limits[which].pending_bytes = bytes;
	return 0;
}

/*
 * crun, and so Podman and CRI-O, has a container's processes in a cgroup below the container's own, and sets the limit
 * of both. Where they are equal both are written, as crun does.
 */
static void open_inner_limit(struct guard *guard)
{
	uint64_t outer = guard->shared->limits[OUTER].old_bytes;

	if (strcmp(guard->request.file, "memory.max") != 0 || outer == UINT64_MAX)
		return;
	if (open_limit(guard, INNER, GUARD__INNER "/memory.max") ||
	    guard->shared->limits[INNER].old_bytes != outer)
		close_limit(guard, INNER);
}

/* The lock's file has the old limit while that may have to be put back. Who has put it back removes the file. */
static void note_limit(struct guard *guard)
{
	uint64_t old = guard->shared->limits[OUTER].old_bytes, before = 0;
	char text[64] = "", file[32];
	int len;

	if (pread(guard->lock_fd, text, sizeof(text) - 1, 0) > 0 &&
	    sscanf(text, "%31s %" SCNu64, file, &before) == 2 && !strcmp(file, guard->request.file) &&
	    before != old)
		guard->before_bytes = before;
	if (guard->request.keep)
		return;
	len = snprintf(text, sizeof(text), "%s %" PRIu64 "\n", guard->request.file,
		       guard->before_bytes ? guard->before_bytes : old);
	/* Where there is no room for it, the next one can't be told. */
	if (pwrite(guard->lock_fd, text, (size_t)len, 0) != len || ftruncate(guard->lock_fd, len))
		return;
}

static int open_files(struct guard *guard)
{
	int err;

	guard->request.dir_fd = fcntl(guard->request.dir_fd, F_DUPFD_CLOEXEC, 0);
	if (guard->request.dir_fd < 0)
		return -errno;
	guard->lock_fd = lock__take(guard->request.cgroup_id);
	if (guard->lock_fd == -EWOULDBLOCK)
		return guard->lock_fd;
	err = open_limit(guard, OUTER, guard->request.file);
	if (!err)
		open_inner_limit(guard);
	guard->shared->keep = guard->request.keep;
	if (!err && guard->lock_fd >= 0)
		note_limit(guard);
	return err;
}

static int hold_alive(struct shared *shared)
{
	pthread_mutexattr_t attr;
	int err;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	err = pthread_mutex_init(&shared->alive, &attr);
	pthread_mutexattr_destroy(&attr);
	return err ? -err : -pthread_mutex_lock(&shared->alive);
}

static int fork_guard(struct guard *guard)
{
	pid_t pid;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		guard_main(guard, fds[0]);
	close(fds[0]);
	if (pid < 0) {
		int err = -errno;

		close(fds[1]);
		return err;
	}
	if (guard->pipe_fd >= 0)
		close(guard->pipe_fd);
	guard->pipe_fd = fds[1];
	guard->pid = pid;
	return 0;
}

/* Frees all but the child. */
static void release(struct guard *guard)
{
	int fds[] = { guard->pipe_fd, guard->lock_fd, guard->request.dir_fd };

	close_limit(guard, OUTER);
	close_limit(guard, INNER);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	if (guard->shared != MAP_FAILED)
		munmap(guard->shared, sizeof(*guard->shared));
	free(guard);
}

int guard__start(const struct guard_request *request, struct guard **out)
{
	struct guard *guard = calloc(1, sizeof(*guard));
	int err = -ENOMEM;

	if (!guard)
		return -ENOMEM;
	guard->request = *request;
	guard->pipe_fd = guard->lock_fd = -1;
	memset(guard->limit_fds, 0xff, sizeof(guard->limit_fds)); /* -1 each */
	guard->shared =
		mmap(NULL, sizeof(*guard->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (guard->shared == MAP_FAILED)
		guard->request.dir_fd = -1; /* not ours to close */
	else
		err = open_files(guard);
	if (!err)
		err = hold_alive(guard->shared);
	if (!err && (err = fork_guard(guard)) == -EAGAIN)
		err = -EUSERS; /* EAGAIN is EWOULDBLOCK, and that is the lock's */
	if (err) {
		if (guard->lock_fd >= 0)
			lock__remove(request->cgroup_id);
		release(guard);
		return err;
	}
	*out = guard;
	return 0;
}

int guard__lock_error(const struct guard *guard)
{
	return guard->lock_fd < 0 ? guard->lock_fd : 0;
}

uint64_t guard__old_bytes(const struct guard *guard)
{
	return guard->shared->limits[OUTER].old_bytes;
}

bool guard__has_inner(const struct guard *guard)
{
	return guard->limit_fds[INNER][PARENT] >= 0;
}

bool guard__left_over(const struct guard *guard, uint64_t *bytes)
{
	*bytes = guard->before_bytes;
	return guard->before_bytes;
}

int guard__write(struct guard *guard, uint64_t bytes)
{
	struct shared *shared = guard->shared;
	int err;

	/* The order matters to a guard that wakes in between: never a moment without either value. */
	for (int i = 0; i < LIMITS; i++) {
		__atomic_store_n(&shared->limits[i].last_bytes, shared->limits[i].pending_bytes,
				 __ATOMIC_SEQ_CST);
		__atomic_store_n(&shared->limits[i].pending_bytes, limit_file__rounded(bytes),
				 __ATOMIC_SEQ_CST);
	}
	__atomic_store_n(&shared->changed, true, __ATOMIC_SEQ_CST);
	/* The outer first: what a lower limit kills, it kills in the write that is the target's. */
	err = limit_file__write(guard->limit_fds[OUTER][PARENT], bytes);
	if (err || !guard__has_inner(guard))
		return err;
	err = limit_file__write(guard->limit_fds[INNER][PARENT], bytes);
	return err == -ENODEV ? 0 : err;
}

/* Waits for the guard until then. Returns whether it has ended. */
static bool wait_until(struct guard *guard, uint64_t end_ns)
{
	struct timespec pause = clock__timespec(FINISH_STEP_NS);
	pid_t pid;

	for (;;) {
		pid = waitpid(guard->pid, NULL, WNOHANG);
		if (pid == guard->pid || (pid < 0 && errno != EINTR))
			return true;
		if (clock__ns(CLOCK_MONOTONIC) >= end_ns)
			return false;
		nanosleep(&pause, NULL);
	}
}

int guard__watch(struct guard *guard)
{
	bool known;
	int err;

	if (guard->pid > 0 && !wait_until(guard, 0))
		return 0;
	guard->pid = 0;
	err = fork_guard(guard);
	known = guard->refused;
	guard->refused = err;
	if (!err)
		return 1;
	return known ? 0 : err;
}

struct guard_outcome guard__finish(struct guard *guard)
{
	struct guard_outcome outcome = { .result = GUARD_NOTHING };

	if (!guard)
		return outcome;
	pthread_mutex_unlock(&guard->shared->alive);
	close(guard->pipe_fd);
	guard->pipe_fd = -1;
	if (guard->pid > 0) {
		kill(guard->pid, SIGCONT); /* somebody may have stopped it */
		if (!wait_until(guard, clock__ns(CLOCK_MONOTONIC) + FINISH_NS)) {
			kill(guard->pid, SIGKILL);
			wait_until(guard, clock__ns(CLOCK_MONOTONIC) + FINISH_NS);
		}
	}
	if (__atomic_load_n(&guard->shared->done, __ATOMIC_SEQ_CST)) {
		outcome = guard->shared->outcome;
	} else {
		outcome = restore(guard, PARENT);
		if (guard->lock_fd >= 0)
			lock__remove(guard->request.cgroup_id);
	}
	release(guard);
	return outcome;
}

bool guard__has_failed(enum guard_result result)
{
	return result == GUARD_FAILED || result == GUARD_WOULD_KILL || result == GUARD_CHANGED;
}

const char *guard__words(enum guard_result result)
{
	static const char *const words[] = {
		[GUARD_RESTORED] = "restored",
		[GUARD_KEPT] = "not restored, as asked",
		[GUARD_CHANGED] = "not restored: somebody else has changed the limit since",
		[GUARD_WOULD_KILL] = ("NOT RESTORED: the target needs more than the old limit by now, and "
				      "putting that back would kill"),
		[GUARD_GONE] = "nothing to restore: the cgroup is gone",
		[GUARD_FAILED] = "NOT RESTORED: writing it failed",
	};

	return words[result];
}
