// SPDX-License-Identifier: GPL-2.0-only
#include "base/event_loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

/* What is done with a descriptor before its function is called. */
enum watch_kind { WATCH_PLAIN, WATCH_TIMER, WATCH_SIGNALS };

struct watch {
	event_loop_fn fn; /* NULL: free */
	void *ctx;
	enum watch_kind kind;
	int fd; /* owned unless PLAIN */
};

struct event_loop {
	int epoll_fd;
	struct watch watches[EVENT_LOOP__WATCHES_MAX];
};

struct event_loop *event_loop__new(void)
{
	struct event_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd >= 0)
		return loop;
	free(loop);
	return NULL;
}

static struct watch *free_watch(struct event_loop *loop)
{
	for (size_t i = 0; i < EVENT_LOOP__WATCHES_MAX; i++) {
		if (!loop->watches[i].fn)
			return &loop->watches[i];
	}
	return NULL;
}

static int add(struct event_loop *loop, uint32_t events, const struct watch *watch)
{
	struct watch *slot = free_watch(loop);
	struct epoll_event event = { .events = events, .data.ptr = slot };

	if (!slot)
		return -ENOSPC;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event))
		return -errno;
	*slot = *watch;
	return 0;
}

int event_loop__add(struct event_loop *loop, int fd, uint32_t events, event_loop_fn fn, void *ctx)
{
	const struct watch watch = { fn, ctx, WATCH_PLAIN, fd };

	return add(loop, events, &watch);
}

void event_loop__remove(struct event_loop *loop, int fd)
{
	for (size_t i = 0; i < EVENT_LOOP__WATCHES_MAX; i++) {
		struct watch *watch = &loop->watches[i];

		if (!watch->fn || watch->kind != WATCH_PLAIN || watch->fd != fd)
			continue;
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		watch->fn = NULL;
	}
}

static int add_owned(struct event_loop *loop, const struct watch *watch)
{
	int err = watch->fd < 0 ? -errno : add(loop, EPOLLIN, watch);

	if (err && watch->fd >= 0)
		close(watch->fd);
	return err;
}

int event_loop__add_timer(struct event_loop *loop, int64_t first_ns, int64_t interval_ns, event_loop_fn fn,
			  void *ctx)
{
	const struct itimerspec spec = {
		.it_value = clock__timespec(first_ns),
		.it_interval = clock__timespec(interval_ns),
	};
	struct watch watch = { fn, ctx, WATCH_TIMER, -1 };

	watch.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch.fd >= 0 && timerfd_settime(watch.fd, 0, &spec, NULL)) {
		int err = -errno;

		close(watch.fd);
		return err;
	}
	return add_owned(loop, &watch);
}

int event_loop__add_signals(struct event_loop *loop, const int *signals, size_t count, event_loop_fn fn,
			    void *ctx)
{
	struct watch watch = { fn, ctx, WATCH_SIGNALS, -1 };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	watch.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return add_owned(loop, &watch);
}

/* Takes what is there to be read off a timer or signals, or they would be ready for ever. */
static void clear(const struct watch *watch)
{
	struct signalfd_siginfo signal;
	uint64_t expirations;

	if (watch->kind == WATCH_TIMER && read(watch->fd, &expirations, sizeof(expirations)) < 0)
		return; /* not expired after all: nothing to clear */
	while (watch->kind == WATCH_SIGNALS && read(watch->fd, &signal, sizeof(signal)) > 0)
		;
}

bool event_loop__has_signal(const struct event_loop *loop)
{
	for (size_t i = 0; i < EVENT_LOOP__WATCHES_MAX; i++) {
		struct pollfd fd = { .fd = loop->watches[i].fd, .events = POLLIN };

		if (loop->watches[i].fn && loop->watches[i].kind == WATCH_SIGNALS && poll(&fd, 1, 0) == 1)
			return true;
	}
	return false;
}

int event_loop__turn(struct event_loop *loop, int (*first)(void *ctx), void *ctx)
{
	struct epoll_event events[EVENT_LOOP__WATCHES_MAX];
	int count = epoll_wait(loop->epoll_fd, events, EVENT_LOOP__WATCHES_MAX, -1);
	int err;

	if (count < 0 && errno != EINTR)
		return -errno;
	err = first(ctx);
	for (int i = 0; !err && i < count; i++) {
		struct watch *watch = events[i].data.ptr;

		if (!watch->fn)
			continue; /* removed by a function before it */
		clear(watch);
		watch->fn(watch->ctx);
	}
	return err;
}

void event_loop__free(struct event_loop *loop)
{
	if (!loop)
		return;
	for (size_t i = 0; i < EVENT_LOOP__WATCHES_MAX; i++) {
		if (loop->watches[i].fn && loop->watches[i].kind != WATCH_PLAIN)
			close(loop->watches[i].fd);
	}
	close(loop->epoll_fd);
	free(loop);
}
