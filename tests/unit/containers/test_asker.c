// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE 1

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime.h"

/* Asks the process itself, and waits for its answer. */
static int answer_to(int number, struct runtime_container *out)
{
	int result;

	assert_true(number > 0);
	while (!(result = asker__take(asker, number, out))) {
		struct pollfd fd = { .fd = asker__fd(asker), .events = POLLIN };

		poll(&fd, 1, -1);
	}
	return result;
}

static int answer_of(const char *socket, struct runtime_container *out)
{
	return answer_to(asker__ask(asker, socket, ID), out);
}

static void a_silent_socket_is_left_alone(void **state)
{
	struct runtime_container container;
	unsigned int asked;

	(void)state;
	server.manner = SILENT;
	assert_int_equal(answer_of(server.path, &container), -ETIMEDOUT);
	asked = server.asked;
	assert_int_equal(asked, 1);
	__atomic_store_n(&server.manner, KNOWS, __ATOMIC_SEQ_CST);
	assert_int_equal(answer_of(server.path, &container), -ETIMEDOUT);
	assert_int_equal(server.asked, asked);
	/* But not when its word is the last that can be had. */
	assert_int_equal(answer_to(asker__insist(asker, server.path, ID), &container), 1);
	assert_string_equal(container.name, "web");
}

static void questions_are_bounded(void **state)
{
	struct runtime_container container;
	int numbers[ASKER__QUESTIONS_MAX];

	(void)state;
	server.manner = KNOWS;
	assert_int_equal(answer_of(server.path, &container), 1);
	assert_string_equal(container.name, "web");
	for (int i = 0; i < ASKER__QUESTIONS_MAX; i++) {
		numbers[i] = asker__ask(asker, server.path, ID);
		assert_true(numbers[i] > 0);
	}
	assert_int_equal(asker__ask(asker, server.path, ID), -EAGAIN);
	/* What nobody waits for has no place; its answer is nobody's. */
	asker__forget(asker, numbers[3]);
	assert_int_equal(answer_of(server.path, &container), 1);
	assert_int_equal(asker__take(asker, numbers[3], &container), -EPIPE);
	assert_int_equal(asker__take(asker, numbers[0], &container), 1);
	assert_int_equal(asker__take(asker, numbers[0], &container), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_silent_socket_is_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(questions_are_bounded, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
