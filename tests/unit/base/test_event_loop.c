// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/event_loop.h"

struct seen {
	struct event_loop *loop;
	int fd, other_fd;
	int firsts, calls, ticks, signals;
	bool first_fails;
};

static int first(void *ctx)
{
	struct seen *seen = ctx;

	seen->firsts++;
	return seen->first_fails ? -EIO : 0;
}

static void on_byte(void *ctx)
{
	struct seen *seen = ctx;
	char byte;

	assert_true(seen->firsts > seen->calls);
	assert_int_equal(read(seen->fd, &byte, 1), 1);
	seen->calls++;
}

static void on_tick(void *ctx)
{
	((struct seen *)ctx)->ticks++;
}

static void on_signal(void *ctx)
{
	((struct seen *)ctx)->signals++;
}

/* Whichever of the two comes first removes both. */
static void on_either(void *ctx)
{
	struct seen *seen = ctx;

	seen->calls++;
	event_loop__remove(seen->loop, seen->fd);
	event_loop__remove(seen->loop, seen->other_fd);
}

static void descriptors(void **state)
{
	struct seen seen = { .loop = event_loop__new() };
	int pipes[2];

	(void)state;
	assert_non_null(seen.loop);
	assert_int_equal(pipe(pipes), 0);
	seen.fd = pipes[0];
	assert_int_equal(event_loop__add(seen.loop, pipes[0], EPOLLIN, on_byte, &seen), 0);
	assert_int_equal(event_loop__add(seen.loop, pipes[0], EPOLLIN, on_byte, &seen), -EEXIST);
	assert_int_equal(write(pipes[1], "ab", 2), 2);
	assert_int_equal(event_loop__turn(seen.loop, first, &seen), 0);
	assert_int_equal(seen.calls, 1);
	/* What goes first ends the turn by an error; the byte is still there. */
	seen.first_fails = true;
	assert_int_equal(event_loop__turn(seen.loop, first, &seen), -EIO);
	assert_int_equal(seen.calls, 1);
	seen.first_fails = false;
	assert_int_equal(event_loop__turn(seen.loop, first, &seen), 0);
	assert_int_equal(seen.calls, 2);
	event_loop__free(seen.loop);
	/* It isn't owned. */
	assert_int_equal(close(pipes[0]), 0);
	close(pipes[1]);
}

static void removed_within_a_turn(void **state)
{
	struct seen seen = { .loop = event_loop__new() };
	int a[2], b[2];

	(void)state;
	assert_int_equal(pipe(a), 0);
	assert_int_equal(pipe(b), 0);
	seen.fd = a[0];
	seen.other_fd = b[0];
	assert_int_equal(event_loop__add(seen.loop, a[0], EPOLLIN, on_either, &seen), 0);
	assert_int_equal(event_loop__add(seen.loop, b[0], EPOLLIN, on_either, &seen), 0);
	assert_int_equal(write(a[1], "a", 1), 1);
	assert_int_equal(write(b[1], "b", 1), 1);
	assert_int_equal(event_loop__turn(seen.loop, first, &seen), 0);
	assert_int_equal(seen.calls, 1);
	/* Their places are free again. */
	for (int i = 0; i < 3 * EVENT_LOOP__WATCHES_MAX; i++) {
		assert_int_equal(event_loop__add(seen.loop, a[0], EPOLLIN, on_either, &seen), 0);
		event_loop__remove(seen.loop, a[0]);
	}
	event_loop__free(seen.loop);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

static void timers_and_signals(void **state)
{
	static const int signals[] = { SIGUSR1, SIGUSR2 };
	struct seen seen = { .loop = event_loop__new() };

	(void)state;
	assert_int_equal(event_loop__add_signals(seen.loop, signals, 2, on_signal, &seen), 0);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGUSR1);
	assert_int_equal(event_loop__turn(seen.loop, first, &seen), 0);
	assert_int_equal(seen.signals, 1);
	/* It comes again and again, and not for ever at once: each turn waits for the next. */
	assert_int_equal(event_loop__add_timer(seen.loop, NS_PER_MS, NS_PER_MS, on_tick, &seen), 0);
	while (seen.ticks < 3)
		assert_int_equal(event_loop__turn(seen.loop, first, &seen), 0);
	assert_int_equal(seen.signals, 1);
	assert_int_equal(seen.firsts, 1 + seen.ticks);
	event_loop__free(seen.loop);
}

static void too_many(void **state)
{
	struct event_loop *loop = event_loop__new();
	struct seen seen = { .loop = loop };

	(void)state;
	for (int i = 0; i < EVENT_LOOP__WATCHES_MAX; i++)
		assert_int_equal(event_loop__add_timer(loop, NS_PER_S, 0, on_tick, &seen), 0);
	assert_int_equal(event_loop__add_timer(loop, NS_PER_S, 0, on_tick, &seen), -ENOSPC);
	event_loop__free(loop);
	event_loop__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors),
		cmocka_unit_test(removed_within_a_turn),
		cmocka_unit_test(timers_and_signals),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
