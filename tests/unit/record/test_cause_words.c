// SPDX-License-Identifier: GPL-2.0-only
#include "record/cause_words.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put_process(FILE *out, const char *comm, uint32_t pid)
{
	fprintf(out, "<%s %" PRIu32 ">", comm, pid);
}

static void put_write(FILE *out, uint64_t id, const void *ctx)
{
	fprintf(out, "<%s %" PRIu64 ">", (const char *)ctx, id);
}

static void put_number(FILE *out, uint64_t number)
{
	fprintf(out, "<%" PRIu64 ">", number);
}

static void check(enum cause_form form, struct cause_facts facts, const char *expected)
{
	static const struct cause_words_ops ops = { put_process, put_write, put_number, put_number };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	cause_words__put(out, form, &facts, &ops, "write");
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_sentences(void **state)
{
	struct cause_facts write = {
		.cause = CAUSE_INSIDE_WRITE, .write_id = 3, .writer = "sh", .writer_pid = 7
	};
	struct cause_facts known = write, lowered = write;

	(void)state;
	check(CAUSE_ALONE, write, "inside <write 3> of memory.max, by <sh 7>");
	check(CAUSE_OF_LIMIT, write,
	      ", inside <write 3> of memory.max by <sh 7>: certain, it happened in the writer's own thread");
	check(CAUSE_VERDICT, write, ", lowered by <write 3>, inside that write");
	known.has_write = true;
	known.old_max_bytes = 64;
	known.new_max_bytes = 32;
	check(CAUSE_VERDICT, known, ", lowered from <64> by <sh 7>, inside that write");
	known.several_writes = true;
	check(CAUSE_VERDICT, known, ", lowered from <64> by <sh 7>, each inside such a write");
	known.new_max_bytes = 64;
	check(CAUSE_VERDICT, known, ", written by <sh 7>, each inside such a write");
	known.several_writes = false;
	check(CAUSE_VERDICT, known, ", written by <sh 7>, inside that write");
	write.write_id = 0;
	check(CAUSE_ALONE, write, "inside a write of memory.max whose beginning wasn't seen, by <sh 7>");
	write.from_log = true;
	check(CAUSE_VERDICT, write, ", inside a write of it by <sh 7>");
	lowered.cause = CAUSE_LIMIT_LOWERED;
	check(CAUSE_ALONE, lowered, "<write 3> had lowered the limit below usage");
	lowered.since_ns = 5;
	check(CAUSE_ALONE, lowered, "<write 3> had lowered the limit below usage <5> before");
	check(CAUSE_VERDICT, lowered, ", lowered by <write 3> <5> before");
	lowered.has_write = true;
	lowered.old_max_bytes = 9;
	check(CAUSE_VERDICT, lowered, ", lowered from <9> by <sh 7> <5> before");
}

/* Nothing is made up where the cause isn't known, and nothing known is left unsaid. */
static void test_each_cause(void **state)
{
	(void)state;
	for (enum cause_form form = CAUSE_ALONE; form <= CAUSE_VERDICT; form++)
		check(form, (struct cause_facts){ .cause = CAUSE_UNKNOWN }, "");
	check(CAUSE_ALONE, (struct cause_facts){ .cause = CAUSE_NOT_KNOWN },
	      "not known: oomtrace can't tell whether the limit was written");
	check(CAUSE_ALONE,
	      (struct cause_facts){ .cause = CAUSE_NOT_KNOWN, .not_known = NOT_KNOWN_OTHER_WRITE },
	      "not known: another write had set the limit than the last one that oomtrace saw begin");
	check(CAUSE_ALONE,
	      (struct cause_facts){ .cause = CAUSE_NOT_KNOWN, .not_known = NOT_KNOWN_LATER_WRITE },
	      "not known: the limit was written while the OOM killer ran");
	check(CAUSE_VERDICT, (struct cause_facts){ .cause = CAUSE_OBSERVER, .writer = "ps", .writer_pid = 7 },
	      ", because <ps 7>, outside of it, accessed memory of a process in it");
	check(CAUSE_VERDICT, (struct cause_facts){ .cause = CAUSE_LIMIT_UNCHANGED },
	      ", into which the workload grew");
	check(CAUSE_OF_LIMIT, (struct cause_facts){ .cause = CAUSE_WHOLE_MACHINE },
	      "the whole machine was out of memory");
	check(CAUSE_VERDICT, (struct cause_facts){ .cause = CAUSE_SYSRQ }, "somebody asked for it by sysrq");
	for (enum record_cause cause = CAUSE_UNKNOWN; cause <= CAUSE_OBSERVER; cause++) {
		assert_true(strlen(cause_words__word(cause)) > 0);
		assert_true(strlen(cause_words__short(cause)) > 0);
	}
}

/* A log's trigger may have a name alone; what an OOM is comes before what led to it. */
static void test_facts(void **state)
{
	struct record_log log = { .has_trigger_pid = false };
	struct record_oom unknown = { .cause = CAUSE_NOT_KNOWN, .cause_not_known = NOT_KNOWN_LATER_WRITE };
	struct record_oom oom = {
		.cause = CAUSE_INSIDE_WRITE, .trigger_comm = "sh", .trigger_pid = 7, .cause_limit_id = 3
	};
	struct cause_facts facts = cause_words__facts(&oom);

	(void)state;
	assert_int_equal(facts.writer_pid, 7);
	assert_int_equal(facts.write_id, 3);
	assert_false(facts.from_log);
	oom.log = &log;
	facts = cause_words__facts(&oom);
	assert_int_equal(facts.writer_pid, 0);
	assert_true(facts.from_log);
	oom.whole_machine = true;
	assert_int_equal(cause_words__facts(&oom).cause, CAUSE_WHOLE_MACHINE);
	oom.sysrq = true;
	assert_int_equal(cause_words__facts(&oom).cause, CAUSE_SYSRQ);
	assert_int_equal(cause_words__facts(&unknown).not_known, NOT_KNOWN_LATER_WRITE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_each_cause),
		cmocka_unit_test(test_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
