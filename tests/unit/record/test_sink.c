// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/stream.h"
#include "record/sink.h"

static int taken, finished, synced;

static int take_end(struct sink *sink, const struct record *record)
{
	(void)sink;
	assert_int_equal(record->kind, RECORD_END);
	taken++;
	return -EPIPE;
}

static int take(struct sink *sink, const struct record *record)
{
	static const sink_take_fn takes[RECORD_KINDS] = { [RECORD_END] = take_end };

	return sink__dispatch(takes, sink, record);
}

static int finish(struct sink *sink)
{
	(void)sink;
	finished++;
	return -EIO;
}

static int sync_now(struct sink *sink)
{
	(void)sink;
	synced++;
	return 0;
}

/* A sink passes over the kinds that it has no use for. */
static void kinds(void **state)
{
	const struct sink_ops ops = { .take = take };
	struct sink sink = { .ops = &ops };
	struct record record = { .kind = RECORD_END };

	(void)state;
	assert_int_equal(sink__take(&sink, &record), -EPIPE);
	assert_int_equal(taken, 1);
	for (int kind = 0; kind < RECORD_KINDS; kind++) {
		record.kind = (enum record_kind)kind;
		assert_int_equal(sink__take(&sink, &record), kind == RECORD_END ? -EPIPE : 0);
	}
	assert_int_equal(taken, 2);
}

static void what_a_sink_may_leave_out(void **state)
{
	const struct sink_ops none = { .take = take },
			      all = { .take = take, .finish = finish, .sync = sync_now };
	struct sink sink = { .ops = &none };

	(void)state;
	assert_int_equal(sink__finish(&sink), 0);
	assert_int_equal(sink__sync(&sink), 0);
	sink.ops = &all;
	assert_int_equal(sink__finish(&sink), -EIO);
	assert_int_equal(sink__sync(&sink), 0);
	assert_int_equal(finished, 1);
	assert_int_equal(synced, 1);
}

/* Whether what was printed can be written is known when it is flushed. */
static void errors_of_writing(void **state)
{
	const struct sink_ops ops = { .take = take };
	struct sink sink = { .ops = &ops, .out = stream__new(open("/dev/full", O_WRONLY | O_CLOEXEC), "w") };

	(void)state;
	assert_non_null(sink.out);
	assert_int_equal(sink__flush(&sink), 0);
	fputs("x", sink.out);
	assert_int_equal(sink__finish(&sink), -ENOSPC);
	fclose(sink.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(what_a_sink_may_leave_out),
		cmocka_unit_test(errors_of_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
