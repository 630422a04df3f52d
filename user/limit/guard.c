// SPDX-License-Identifier: GPL-2.0-only
#include "limit/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/privileges.h"
#include "host/cgroup.h"

/* What both processes see. The parent writes it only before a write of the limit. */
struct shared {
	/*
	 * Held by the parent while it lives. Robust: the kernel releases it first thing when the
	 * holder dies, long before it closes files, of which BPF's can take a second under load.
	 */
	pthread_mutex_t alive;
	uint64_t old_bytes;
	uint64_t last_bytes;	/* the limit as we set it last */
	uint64_t pending_bytes; /* the one that is being written, which may have happened or not */
	bool changed;		/* there has been a write, or one is going on */
	bool keep;
	enum guard_result result;
};

struct guard {
	struct shared *shared;
	pid_t pid;
	int pipe_fd; /* its other end reads EOF when the last thread of oomtrace is gone */
	int lock_fd;
	int limit_fd;
};

/* The kernel rounds a limit down to whole pages, and takes PAGE_COUNTER_MAX and more for "max". */
static uint64_t whole_pages(uint64_t bytes)
{
	uint64_t page = sysconf(_SC_PAGESIZE), pages = bytes / page;

	return pages >= INT64_MAX / page ? UINT64_MAX : pages * page;
}

/* Reads the limit through its own descriptor, which stays with this cgroup whatever its name. */
static int read_limit(int fd, uint64_t *bytes)
{
	char text[32];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len < 0)
		return -errno;
	text[len] = '\0';
	if (!strncmp(text, "max", 3))
		*bytes = UINT64_MAX;
	else if (sscanf(text, "%" SCNu64, bytes) != 1)
		return -EBADMSG;
	return 0;
}

static int write_limit(int fd, uint64_t bytes)
{
	char text[32];
	int len;

	if (bytes == UINT64_MAX)
		len = snprintf(text, sizeof(text), "max");
	else
		len = snprintf(text, sizeof(text), "%" PRIu64, bytes);
	return pwrite(fd, text, len, 0) < 0 ? -errno : 0;
}

static enum guard_result restore(const struct shared *shared, int limit_fd)
{
	uint64_t present;
	int err;

	if (!shared->changed)
		return GUARD_NOTHING;
	if (shared->keep)
		return GUARD_KEPT;
	err = read_limit(limit_fd, &present);
	if (err)
		return err == -ENODEV ? GUARD_GONE : GUARD_FAILED;
	if (present == shared->old_bytes)
		return GUARD_RESTORED;
	if (present != shared->last_bytes && present != shared->pending_bytes)
		return GUARD_CHANGED;
	err = write_limit(limit_fd, shared->old_bytes);
	if (err)
		return err == -ENODEV ? GUARD_GONE : GUARD_FAILED;
	return GUARD_RESTORED;
}

static _Noreturn void guard_main(struct guard *guard, int read_fd)
{
	int keep[] = { read_fd, guard->lock_fd, guard->limit_fd };
	int score;
	char byte;

	child__settle("oomtrace-guard", keep, 3);
	/* Out of reach of the OOM killer that its parent may be provoking. Without the right to do so it
	 * is killable like anything else: no reason not to guard. */
	score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (score >= 0) {
		dprintf(score, "-1000");
		close(score);
	}
	if (chdir("/") || privileges__drop())
		_exit(1);
	pthread_mutex_lock(&guard->shared->alive);
	guard->shared->result = restore(guard->shared, guard->limit_fd);
	/* Another thread may have been in the middle of a write when the holder died: once more. */
	while (read(read_fd, &byte, 1) < 0 && errno == EINTR)
		;
	if (guard->shared->result == GUARD_RESTORED)
		guard->shared->result = restore(guard->shared, guard->limit_fd);
	_exit(0);
}

static int open_files(int dir_fd, const char *file, struct guard *guard)
{
	int err;

	guard->lock_fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (guard->lock_fd < 0)
		return -errno;
	guard->limit_fd = openat(dir_fd, file, O_RDWR | O_CLOEXEC);
	if (guard->limit_fd < 0)
		return -errno;
	err = read_limit(guard->limit_fd, &guard->shared->old_bytes);
	guard->shared->last_bytes = guard->shared->pending_bytes = guard->shared->old_bytes;
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
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	guard->pid = fork();
	if (!guard->pid)
		guard_main(guard, fds[0]);
	close(fds[0]);
	guard->pipe_fd = fds[1];
	return guard->pid < 0 ? -errno : 0;
}

int guard__start(int dir_fd, const char *file, struct guard **out)
{
	struct guard *guard = calloc(1, sizeof(*guard));
	int err = -ENOMEM;

	if (!guard)
		return -ENOMEM;
	guard->pipe_fd = guard->lock_fd = guard->limit_fd = -1;
	guard->shared =
		mmap(NULL, sizeof(*guard->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (guard->shared != MAP_FAILED)
		err = open_files(dir_fd, file, guard);
	if (!err)
		err = hold_alive(guard->shared);
	if (!err)
		err = fork_guard(guard);
	if (err) {
		guard->pid = 0;
		guard__finish(guard, true);
		return err;
	}
	*out = guard;
	return 0;
}

int guard__lock(struct guard *guard)
{
	/* The open folder is shared with the guard, and so the lock, held until both have closed it. */
	return flock(guard->lock_fd, LOCK_EX | LOCK_NB) ? -errno : 0;
}

uint64_t guard__old_bytes(const struct guard *guard)
{
	return guard->shared->old_bytes;
}

int guard__write(struct guard *guard, uint64_t bytes)
{
	/* The order matters to a guard that wakes in between: never a moment without either value. */
	__atomic_store_n(&guard->shared->last_bytes, guard->shared->pending_bytes, __ATOMIC_SEQ_CST);
	__atomic_store_n(&guard->shared->pending_bytes, whole_pages(bytes), __ATOMIC_SEQ_CST);
	__atomic_store_n(&guard->shared->changed, true, __ATOMIC_SEQ_CST);
	return write_limit(guard->limit_fd, bytes);
}

enum guard_result guard__finish(struct guard *guard, bool keep)
{
	enum guard_result result = GUARD_NOTHING;
	int status;

	if (!guard)
		return result;
	if (guard->pid > 0) {
		guard->shared->keep = keep;
		guard->shared->result = GUARD_FAILED;
		pthread_mutex_unlock(&guard->shared->alive);
		close(guard->pipe_fd);
		while (waitpid(guard->pid, &status, 0) < 0 && errno == EINTR)
			;
		result = guard->shared->result;
	} else if (guard->pipe_fd >= 0) {
		close(guard->pipe_fd);
	}
	if (guard->limit_fd >= 0)
		close(guard->limit_fd);
	if (guard->lock_fd >= 0)
		close(guard->lock_fd);
	if (guard->shared && guard->shared != MAP_FAILED)
		munmap(guard->shared, sizeof(*guard->shared));
	free(guard);
	return result;
}

const char *guard__words(enum guard_result result)
{
	static const char *const words[] = {
		[GUARD_RESTORED] = "restored",
		[GUARD_KEPT] = "not restored, as asked",
		[GUARD_CHANGED] = "not restored: somebody else has changed the limit since",
		[GUARD_GONE] = "nothing to restore: the cgroup is gone",
		[GUARD_FAILED] = "NOT RESTORED: writing it failed",
	};

	return words[result];
}
