// SPDX-License-Identifier: GPL-2.0-only
#include "limit/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/cgroup.h"
#include "limit/predict.h"

struct limit_writer {
	const struct limit_changes *changes;
	struct guard *guard;
	pthread_t thread;
	int stop_fd; /* readable: end */
	int done_fd; /* readable: result is set */
	int set_fd;  /* readable: `wanted` is to be written */
	uint64_t wanted;
	int result;	      /* of the last write that failed, or 0 */
	uint64_t bytes;	      /* of the write that is going on, or was the last */
	uint64_t floor_bytes; /* predicted just before it; UINT64_MAX: unknown */
	int dir_fd;
};

/* SIGUSR1 only has to end a system call: memory_max_write() gives up when a signal is pending. */
static void on_interrupt(int sig)
{
	(void)sig;
}

static void predict(struct limit_writer *w)
{
	struct prediction p = { .floor_bytes = UINT64_MAX };

	predict__floor(w->dir_fd, &p);
	__atomic_store_n(&w->floor_bytes, p.floor_bytes, __ATOMIC_SEQ_CST);
}

static int write_max(struct limit_writer *w, uint64_t bytes)
{
	/* In this order: whoever reads the prediction and then still this value has what belongs to it. */
	__atomic_store_n(&w->bytes, bytes, __ATOMIC_SEQ_CST);
	predict(w);
	return guard__write(w->guard, bytes);
}

/* Whether the time passed without anybody asking for the end. */
static bool pause_for(struct limit_writer *w, uint64_t ns)
{
	struct pollfd fd = { .fd = w->stop_fd, .events = POLLIN };
	struct timespec time = clock__timespec((int64_t)ns);

	return ppoll(&fd, 1, &time, NULL) == 0;
}

static int run_steps(struct limit_writer *w)
{
	const struct ramp *ramp = &w->changes->ramp;
	uint64_t bytes, usage = 0;
	int err = 0;

	if (w->changes->has_ramp) {
		bool more = true;

		cgroup__read_u64(w->dir_fd, "memory.current", &usage);
		bytes = changes__ramp_from(ramp, guard__old_bytes(w->guard), usage);
		if (!ramp->from_now)
			err = write_max(w, bytes);
		else
			more = ramp__next(ramp, bytes, &bytes) && !(err = write_max(w, bytes));
		while (!err && more && pause_for(w, ramp->interval_ns)) {
			more = ramp__next(ramp, bytes, &bytes);
			if (more)
				err = write_max(w, bytes);
		}
		if (err || more)
			return err;
	}
	if (w->changes->has_max)
		err = write_max(w, w->changes->max_bytes);
	return err;
}

static void tell(struct limit_writer *w, int err)
{
	uint64_t one = 1;

	__atomic_store_n(&w->result, err, __ATOMIC_RELEASE);
	if (err && write(w->done_fd, &one, sizeof(one)) < 0)
		return; /* it is readable already */
}

/* Waits for the next value that is asked for; false: for the end. */
static bool wait_for_set(struct limit_writer *w)
{
	struct pollfd fds[] = { { .fd = w->stop_fd, .events = POLLIN },
				{ .fd = w->set_fd, .events = POLLIN } };
	uint64_t count;

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return !fds[0].revents && read(w->set_fd, &count, sizeof(count)) == sizeof(count);
}

static void *thread_main(void *arg)
{
	struct limit_writer *w = arg;

	tell(w, run_steps(w));
	while (wait_for_set(w))
		tell(w, write_max(w, __atomic_load_n(&w->wanted, __ATOMIC_ACQUIRE)));
	return NULL;
}

int limit_writer__start(const struct limit_changes *changes, int dir_fd, struct guard *guard,
			struct limit_writer **out)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	struct limit_writer *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->changes = changes;
	w->guard = guard;
	w->dir_fd = dir_fd;
	w->floor_bytes = UINT64_MAX;
	w->stop_fd = eventfd(0, EFD_CLOEXEC);
	w->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->set_fd = eventfd(0, EFD_CLOEXEC);
	sigaction(SIGUSR1, &action, NULL);
	if (w->stop_fd < 0 || w->done_fd < 0 || w->set_fd < 0)
		err = errno;
	else
		err = pthread_create(&w->thread, NULL, thread_main, w);
	if (err) {
		free(w);
		return -err;
	}
	*out = w;
	return 0;
}

bool limit_writer__floor(const struct limit_writer *w, uint64_t max_bytes, uint64_t *bytes)
{
	uint64_t page = sysconf(_SC_PAGESIZE), written;

	*bytes = __atomic_load_n(&w->floor_bytes, __ATOMIC_SEQ_CST);
	written = __atomic_load_n(&w->bytes, __ATOMIC_SEQ_CST);
	if (written != UINT64_MAX)
		written -= written % page; /* as the kernel has it */
	return *bytes != UINT64_MAX && written == max_bytes;
}

int limit_writer__fd(const struct limit_writer *w)
{
	return w->done_fd;
}

void limit_writer__set(struct limit_writer *w, uint64_t bytes)
{
	uint64_t one = 1;

	__atomic_store_n(&w->wanted, bytes, __ATOMIC_RELEASE);
	if (write(w->set_fd, &one, sizeof(one)) < 0)
		return; /* it is readable already */
}

int limit_writer__poll(struct limit_writer *w, uint64_t *bytes)
{
	uint64_t count;

	if (read(w->done_fd, &count, sizeof(count)) < 0)
		return 0;
	*bytes = __atomic_load_n(&w->bytes, __ATOMIC_RELAXED);
	return __atomic_load_n(&w->result, __ATOMIC_ACQUIRE);
}

void limit_writer__stop(struct limit_writer *w)
{
	uint64_t one = 1;
	struct timespec short_time = { 0, 20000000 };

	if (!w)
		return;
	if (write(w->stop_fd, &one, sizeof(one)) < 0)
		return;
	/* Again and again, for a signal that comes just before the write begins interrupts nothing. */
	while (pthread_tryjoin_np(w->thread, NULL)) {
		pthread_kill(w->thread, SIGUSR1);
		nanosleep(&short_time, NULL);
	}
	close(w->stop_fd);
	close(w->done_fd);
	close(w->set_fd);
	free(w);
}

const char *limit_writer__error(int err)
{
	switch (err) {
	case -EBUSY:
		return "the kernel says that it is busy";
	case -EINVAL:
		return "the kernel doesn't take this value";
	case -EACCES:
	case -EPERM:
		return "this isn't allowed: is the cgroup delegated to somebody else?";
	case -ENOENT:
	case -ENODEV:
		return "the cgroup has been removed";
	default:
		return strerror(-err);
	}
}
