// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/waiting.h"

#include <inttypes.h>
#include <signal.h>
#include <time.h>

#include "base/clock.h"

#define EVERY_NS 500000000ULL
#define ERASE "\r\033[K"

/* Waits until then, or until it is over. The lock is held. */
static void wait_until(struct waiting *w, uint64_t until_ns)
{
	const struct timespec until = { .tv_sec = (time_t)(until_ns / NS_PER_S),
					.tv_nsec = (long)(until_ns % NS_PER_S) };

	while (!w->is_over && clock__ns(CLOCK_MONOTONIC) < until_ns)
		pthread_cond_timedwait(&w->over, &w->lock, &until);
}

static void *thread_main(void *arg)
{
	struct waiting *w = arg;
	uint64_t next_ns = w->begun_ns + w->after_ns;

	pthread_mutex_lock(&w->lock);
	for (wait_until(w, next_ns); !w->is_over; wait_until(w, next_ns)) {
		w->is_shown = true;
		fprintf(w->out, ERASE "%s: %" PRIu64 " s", w->what,
			(uint64_t)((clock__ns(CLOCK_MONOTONIC) - w->begun_ns) / NS_PER_S));
		fflush(w->out);
		next_ns += EVERY_NS;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

void waiting__begin(struct waiting *w, FILE *out, const char *what, uint64_t after_ns)
{
	pthread_condattr_t attributes;
	sigset_t all, old;

	*w = (struct waiting){ .out = out,
			       .what = what,
			       .begun_ns = clock__ns(CLOCK_MONOTONIC),
			       .after_ns = after_ns,
			       .lock = PTHREAD_MUTEX_INITIALIZER };
	if (!out)
		return;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&w->over, &attributes);
	pthread_condattr_destroy(&attributes);
	/* Signals are for the other threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	w->is_running = !pthread_create(&w->thread, NULL, thread_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void waiting__end(struct waiting *w)
{
	if (!w->out)
		return;
	pthread_mutex_lock(&w->lock);
	w->is_over = true;
	pthread_cond_signal(&w->over);
	pthread_mutex_unlock(&w->lock);
	if (w->is_running)
		pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->over);
	if (w->is_shown) {
		fputs(ERASE, w->out);
		fflush(w->out);
	}
	w->out = NULL;
}
