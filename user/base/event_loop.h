/* SPDX-License-Identifier: GPL-2.0-only */
/* One epoll over descriptors, timers and signals, each with the function that it calls. */
#ifndef OOMTRACE_EVENT_LOOP_H
#define OOMTRACE_EVENT_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More can't be watched at once. */
#define EVENT_LOOP__WATCHES_MAX 16

struct event_loop;

typedef void (*event_loop_fn)(void *ctx);

/* Returns NULL without memory or descriptors; errno says which. */
struct event_loop *event_loop__new(void);

/*
 * Calls fn(ctx) whenever one of `events` (EPOLLIN, ...) is there. The descriptor isn't owned, and is to be
 * removed before it is closed. Returns 0 or a negative errno: -ENOSPC when there are too many.
 */
int event_loop__add(struct event_loop *loop, int fd, uint32_t events, event_loop_fn fn, void *ctx);

/* From now on fn isn't called any more, not even for what has been seen already. Unknown ones are ignored. */
void event_loop__remove(struct event_loop *loop, int fd);

/* Calls fn(ctx) after first_ns and, unless interval_ns is 0, every interval_ns from then on. Errors as above. */
int event_loop__add_timer(struct event_loop *loop, int64_t first_ns, int64_t interval_ns, event_loop_fn fn,
			  void *ctx);

/* Blocks the signals, and calls fn(ctx) when one of them comes. Errors as above. */
int event_loop__add_signals(struct event_loop *loop, const int *signals, size_t count, event_loop_fn fn,
			    void *ctx);

/* Whether one of the signals has come, and its function is yet to be called. Doesn't block. */
bool event_loop__has_signal(const struct event_loop *loop);

/*
 * Waits until something is there, calls `first` for what goes before all others, then the functions. An
 * error of `first` ends the turn. Returns 0 or a negative errno.
 */
int event_loop__turn(struct event_loop *loop, int (*first)(void *ctx), void *ctx);

/* Takes NULL. Signals stay blocked. */
void event_loop__free(struct event_loop *loop);

#endif
