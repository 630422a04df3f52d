// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/event_queue.h"

static char big[EVENT_QUEUE__EVENT_MAX + 1];

/* The n-th event: its length and its bytes are told by its number. */
static size_t make(unsigned int n)
{
	size_t size = n % 1000;

	memset(big, (int)(n & 0xff), size);
	return size;
}

static void expect(struct event_queue *queue, unsigned int n)
{
	const void *data;
	size_t size;

	assert_true(event_queue__pop(queue, &data, &size));
	assert_int_equal(size, make(n));
	assert_memory_equal(data, big, size);
	assert_int_equal((uintptr_t)data % 8, 0);
}

static void first_in_first_out(void **state)
{
	struct event_queue *queue = event_queue__new();
	unsigned int in = 0, out = 0;
	const void *data;
	size_t size;

	(void)state;
	assert_non_null(queue);
	assert_false(event_queue__pop(queue, &data, &size));
	/* Round and round: more comes in than goes out, until there is no room, and then the other way. */
	while (event_queue__has_room(queue)) {
		assert_int_equal(event_queue__push(queue, big, make(in)), 0);
		in++;
		if (in % 3 == 0)
			expect(queue, out++);
	}
	while (out < in) {
		expect(queue, out++);
		if (out % 3 == 0) {
			assert_true(event_queue__has_room(queue));
			assert_int_equal(event_queue__push(queue, big, make(in)), 0);
			in++;
		}
	}
	assert_false(event_queue__pop(queue, &data, &size));
	event_queue__free(queue);
	event_queue__free(NULL);
}

static void what_is_too_large(void **state)
{
	struct event_queue *queue = event_queue__new();
	size_t size, count = 0;
	const void *data;

	(void)state;
	assert_int_equal(event_queue__push(queue, big, sizeof(big)), -EMSGSIZE);
	while (event_queue__has_room(queue)) {
		assert_int_equal(event_queue__push(queue, big, EVENT_QUEUE__EVENT_MAX), 0);
		count++;
	}
	assert_true(count > 8);
	assert_int_equal(event_queue__push(queue, big, EVENT_QUEUE__EVENT_MAX), -EMSGSIZE);
	while (count--) {
		assert_true(event_queue__pop(queue, &data, &size));
		assert_int_equal(size, EVENT_QUEUE__EVENT_MAX);
	}
	assert_false(event_queue__pop(queue, &data, &size));
	event_queue__free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(what_is_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
