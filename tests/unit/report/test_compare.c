// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "take.h"

#define MIB (1ULL << 20)
#define S 1000000000ULL

struct comparison {
	struct sink *sink;
	FILE *out;
	char *text;
	size_t size;
};

static void start(struct comparison *c, bool json)
{
	c->text = NULL;
	c->out = open_memstream(&c->text, &c->size);
	assert_non_null(c->out);
	c->sink = compare__new(c->out, (struct text_look){ 0 },
			       json ? compare_print__json : compare_print__text);
	assert_non_null(c->sink);
}

static void finish(struct comparison *c)
{
	assert_int_equal(sink__finish(c->sink), 0);
	c->sink->ops->free(c->sink);
	fclose(c->out);
}

static void send_session(struct comparison *c, const char *name)
{
	const struct record_time at = { .boot_ns = 5 * S };
	const struct record_session session = { .kernel = "6.1.0" };

	compare__begin(c->sink, name);
	TAKE(c->sink, SESSION, session, at, session);
}

static void send_stall(struct comparison *c, uint64_t cgroup_id, uint64_t since_ns, uint64_t duration_ns)
{
	const struct record_time at = { .boot_ns = since_ns + duration_ns };
	const struct record_stall stall = { .cgroup_id = cgroup_id,
					    .since_ns = since_ns,
					    .duration_ns = duration_ns };

	TAKE(c->sink, STALL, stall, at, stall);
}

/* Runs that killed nothing: one with a record, and those that were only counted. */
static void send_nothing(struct comparison *c, uint64_t repeats)
{
	const struct record_time at = { .boot_ns = 6 * S };
	const struct record_oom oom = { .outcome = OOM_NO_VICTIM, .repeats = repeats };
	const struct record_repeats more = { .repeats = repeats };

	TAKE(c->sink, OOM, oom, at, oom);
	TAKE(c->sink, REPEATS, repeats, at, more);
}

static void send_kill(struct comparison *c, uint64_t max_bytes)
{
	const struct record_time at = { .boot_ns = 6 * S };
	const struct record_level limit = { .has_memory = true, .max_bytes = max_bytes, .usage_bytes = MIB };
	const struct record_oom oom = { .outcome = OOM_KILLED, .killed = 1, .limit = &limit };

	TAKE(c->sink, OOM, oom, at, oom);
}

static void expect(const struct comparison *c, const char *part)
{
	if (!strstr(c->text, part))
		fail_msg("no '%s' in: %s", part, c->text);
}

/* A stall is told of again and again, and two cgroups can be stuck at a time: each second counts once. */
static void test_stalls(void **state)
{
	struct comparison c;

	(void)state;
	start(&c, true);
	send_session(&c, "a");
	send_stall(&c, 1, 10 * S, 3 * S);
	send_stall(&c, 2, 11 * S, 3 * S);
	send_stall(&c, 1, 10 * S, 6 * S);
	send_stall(&c, 2, 11 * S, 4 * S);
	send_stall(&c, 1, 30 * S, S);
	send_session(&c, "b");
	finish(&c);
	expect(&c, "\"stall_ns\":11000000000");
	free(c.text);
}

/* No limit is no number; the first kill's is the one that counts. */
static void test_limits(void **state)
{
	struct comparison c;

	(void)state;
	start(&c, false);
	send_session(&c, "before");
	send_kill(&c, RECORD_NO_LIMIT);
	send_session(&c, "after");
	send_kill(&c, 64 * MIB);
	send_kill(&c, 32 * MIB);
	finish(&c);
	expect(&c, "B lost 2 processes and A 1; the first at a limit of 64.0 MiB instead of max\n");
	expect(&c, "limit at the first kill                   max       64.0 MiB\n");
	expect(&c, "processes killed                            1              2             +1\n");
	free(c.text);
}

/* What comes before the first recording, and of a third one, isn't anybody's. */
static void test_sides(void **state)
{
	struct comparison c;

	(void)state;
	start(&c, false);
	send_kill(&c, MIB);
	send_session(&c, "a\033");
	send_session(&c, "b");
	send_session(&c, "c");
	send_kill(&c, MIB);
	finish(&c);
	expect(&c, "B lost 0 processes, as many as A\n");
	expect(&c, "A  a\\x1b, Linux 6.1.0\n");
	free(c.text);
}

/* Each run that killed nothing counts, whether it has a record or not. */
static void test_nothing(void **state)
{
	struct comparison c;

	(void)state;
	start(&c, true);
	send_session(&c, "a");
	send_nothing(&c, 3);
	send_session(&c, "b");
	send_nothing(&c, 0);
	finish(&c);
	expect(&c, "\"no_victim\":7");
	expect(&c, "\"no_victim\":1");
	free(c.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stalls),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
