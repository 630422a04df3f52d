/* SPDX-License-Identifier: GPL-2.0-only */
/* Events that have been taken from the ring, and wait until the one before them has been dealt with. */
#ifndef OOMTRACE_EVENT_QUEUE_H
#define OOMTRACE_EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

/* No event is longer. Longer bytes can't be an event. */
#define EVENT_QUEUE__EVENT_MAX (64U << 10)

struct event_queue;

/* Returns NULL without memory. Takes some megabytes at most, and only what it needs of them. */
struct event_queue *event_queue__new(void);
void event_queue__free(struct event_queue *queue);

/* Adds an event at the end. Returns 0 or -EMSGSIZE; there is room for it as long as event_queue__has_room(). */
int event_queue__push(struct event_queue *queue, const void *data, size_t size);

/* Whether any event would have room. */
bool event_queue__has_room(const struct event_queue *queue);

/* Takes the first, which stays valid until the next call. False: there is none. */
bool event_queue__pop(struct event_queue *queue, const void **data, size_t *size);

#endif
