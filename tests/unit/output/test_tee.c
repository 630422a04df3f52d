// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "output/tee.h"
#include "take.h"

struct counter {
	struct sink base;
	int error; /* that each call returns */
	int taken, finished, synced;
};

static int freed;

static int counter_take(struct sink *base, const struct record *record)
{
	struct counter *c = (struct counter *)base;

	(void)record;
	c->taken++;
	return c->error;
}

static int counter_finish(struct sink *base)
{
	struct counter *c = (struct counter *)base;

	c->finished++;
	return c->error;
}

static int counter_sync(struct sink *base)
{
	struct counter *c = (struct counter *)base;

	c->synced++;
	return c->error;
}

static void counter_free(struct sink *base)
{
	freed++;
	free(base);
}

static struct sink *new_counter(int error)
{
	static const struct sink_ops ops = {
		.take = counter_take, .free = counter_free, .finish = counter_finish, .sync = counter_sync
	};
	struct counter *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->base.ops = &ops;
	c->error = error;
	return &c->base;
}

/* The reader of stdout may be gone: the recording beside it goes on, and the first error is told. */
static void each_gets_it(void **state)
{
	struct sink *sinks[] = { new_counter(0), new_counter(-EPIPE), new_counter(-ENOSPC) };
	struct sink *tee = tee__new(sinks, 3);
	const struct record_end end = { .reason = "x" };

	(void)state;
	assert_non_null(tee);
	assert_int_equal(TAKE(tee, END, end, { 0 }, end), -EPIPE);
	assert_int_equal(sink__sync(tee), -EPIPE);
	assert_int_equal(sink__finish(tee), -EPIPE);
	for (int i = 0; i < 3; i++) {
		const struct counter *c = (const struct counter *)sinks[i];

		assert_int_equal(c->taken, 1);
		assert_int_equal(c->synced, 1);
		assert_int_equal(c->finished, 1);
	}
	freed = 0;
	tee->ops->free(tee);
	assert_int_equal(freed, 3);
}

/* One couldn't be made, and so there is none: the others aren't left behind. */
static void one_is_missing(void **state)
{
	struct sink *sinks[] = { new_counter(0), NULL, new_counter(0) };

	(void)state;
	freed = 0;
	assert_null(tee__new(sinks, 3));
	assert_int_equal(freed, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gets_it),
		cmocka_unit_test(one_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
