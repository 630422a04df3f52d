// SPDX-License-Identifier: GPL-2.0-only
#include "base/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/landlock.h"
#include "base/privileges.h"

#define STEP_MS 50

struct watchdog {
	pthread_t thread;
	pid_t main_thread;
	int signal_fd; /* looked at, never read */
	int stop_fd;   /* readable: the end */
	uint64_t limit_ns;
	int exit_code;
	watchdog_last_fn last;
	void *ctx;
	uint64_t beats;
	bool held;
};

/* Whether the time is over without the main thread having stopped the watch. */
static bool wait_for_stop(const struct watchdog *w, int timeout_ms)
{
	struct pollfd fd = { .fd = w->stop_fd, .events = POLLIN };

	return poll(&fd, 1, timeout_ms) == 0;
}

/* Waits for a signal. False: for the end of the watch. */
static bool wait_for_signal(const struct watchdog *w)
{
	struct pollfd fds[] = { { .fd = w->stop_fd, .events = POLLIN },
				{ .fd = w->signal_fd, .events = POLLIN } };

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return !fds[0].revents;
}

/* Whether the main thread runs, or would if it were its turn: then it doesn't hang, the machine is busy. */
static bool is_running(const struct watchdog *w)
{
	char path[64], text[512], *end;
	ssize_t len = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)w->main_thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (len <= 0)
		return false;
	text[len] = '\0';
	end = strrchr(text, ')'); /* of its name */
	return end && end[1] == ' ' && end[2] == 'R';
}

static void end(const struct watchdog *w)
{
	static const char words[] = "oomtrace: it was told to end, and hangs: it is ended here.\n";
	char text[sizeof(words) + WATCHDOG__TEXT_SIZE];
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	memcpy(text, words, sizeof(words));
	if (w->last)
		w->last(w->ctx, text + strlen(words));
	/* stderr may be what it hangs at. */
	if (poll(&fd, 1, 0) == 1 && fd.revents == POLLOUT && write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(w->exit_code);
	_exit(w->exit_code);
}

static void *thread_main(void *arg)
{
	static const struct landlock_place proc = { .path = "/proc" };
	struct watchdog *w = arg;
	uint64_t beats, since_ns;

	/* Of this thread alone, which no later confinement of others reaches. Without the right to do so it has none. */
	privileges__keep(0);
	landlock__confine(&proc, 1);
	if (!wait_for_signal(w))
		return NULL;
	beats = __atomic_load_n(&w->beats, __ATOMIC_ACQUIRE);
	since_ns = clock__ns(CLOCK_MONOTONIC);
	while (wait_for_stop(w, STEP_MS)) {
		uint64_t now_ns = clock__ns(CLOCK_MONOTONIC),
			 now_beats = __atomic_load_n(&w->beats, __ATOMIC_ACQUIRE);

		if (now_beats != beats || __atomic_load_n(&w->held, __ATOMIC_ACQUIRE) || is_running(w)) {
			beats = now_beats;
			since_ns = now_ns;
		} else if (now_ns - since_ns > w->limit_ns) {
			end(w);
		}
	}
	return NULL;
}

/* Signals are for the other threads. */
static int create_thread(struct watchdog *w)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&w->thread, NULL, thread_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

static void free_watchdog(struct watchdog *w)
{
	if (w->signal_fd >= 0)
		close(w->signal_fd);
	if (w->stop_fd >= 0)
		close(w->stop_fd);
	free(w);
}

int watchdog__start(const int *signals, size_t count, uint64_t limit_ns, int exit_code, watchdog_last_fn last,
		    void *ctx, struct watchdog **out)
{
	struct watchdog *w = calloc(1, sizeof(*w));
	sigset_t set;
	int err;

	if (!w)
		return -ENOMEM;
	w->main_thread = (pid_t)syscall(SYS_gettid);
	w->limit_ns = limit_ns;
	w->exit_code = exit_code;
	w->last = last;
	w->ctx = ctx;
	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		sigaddset(&set, signals[i]);
	w->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	w->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = w->signal_fd < 0 || w->stop_fd < 0 ? -errno : create_thread(w);
	if (err) {
		free_watchdog(w);
		return err;
	}
	*out = w;
	return 0;
}

void watchdog__beat(struct watchdog *w)
{
	if (!w)
		return;
	__atomic_store_n(&w->held, false, __ATOMIC_RELEASE);
	__atomic_add_fetch(&w->beats, 1, __ATOMIC_ACQ_REL);
}

void watchdog__hold(struct watchdog *w)
{
	if (w)
		__atomic_store_n(&w->held, true, __ATOMIC_RELEASE);
}

void watchdog__stop(struct watchdog *w)
{
	uint64_t one = 1;

	if (!w)
		return;
	if (write(w->stop_fd, &one, sizeof(one)) < 0)
		return; /* it goes on watching: better than to wait for it */
	pthread_join(w->thread, NULL);
	free_watchdog(w);
}
