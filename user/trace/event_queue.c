// SPDX-License-Identifier: GPL-2.0-only
#include "trace/event_queue.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ROOM (4U << 20)
#define ALIGN 8

struct event_queue {
	size_t begin, end; /* of what waits in `bytes`; each event has its size before it */
	char *bytes;
};

/* With its size, and up to the next that is aligned. */
static size_t space_of(size_t size)
{
	return (sizeof(uint64_t) + size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

struct event_queue *event_queue__new(void)
{
	struct event_queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return NULL;
	queue->bytes = malloc(ROOM);
	if (queue->bytes)
		return queue;
	free(queue);
	return NULL;
}

void event_queue__free(struct event_queue *queue)
{
	if (!queue)
		return;
	free(queue->bytes);
	free(queue);
}

bool event_queue__has_room(const struct event_queue *queue)
{
	return ROOM - (queue->end - queue->begin) >= space_of(EVENT_QUEUE__EVENT_MAX);
}

int event_queue__push(struct event_queue *queue, const void *data, size_t size)
{
	uint64_t length = size;

	if (size > EVENT_QUEUE__EVENT_MAX || ROOM - (queue->end - queue->begin) < space_of(size))
		return -EMSGSIZE;
	if (ROOM - queue->end < space_of(size)) {
		memmove(queue->bytes, queue->bytes + queue->begin, queue->end - queue->begin);
		queue->end -= queue->begin;
		queue->begin = 0;
	}
	memcpy(queue->bytes + queue->end, &length, sizeof(length));
	memcpy(queue->bytes + queue->end + sizeof(length), data, size);
	queue->end += space_of(size);
	return 0;
}

bool event_queue__pop(struct event_queue *queue, const void **data, size_t *size)
{
	uint64_t length;

	if (queue->begin == queue->end) {
		/* From the front again, so that no more memory is touched than is needed. */
		queue->begin = queue->end = 0;
		return false;
	}
	memcpy(&length, queue->bytes + queue->begin, sizeof(length));
	*data = queue->bytes + queue->begin + sizeof(length);
	*size = length;
	queue->begin += space_of(length);
	return true;
}
