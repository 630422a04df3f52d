// SPDX-License-Identifier: GPL-2.0-only
/* Why this process, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/text.h"
#include "output/text_relief.h"
#include "output/text_sink.h"

#define MIB (1ULL << 20)

static struct record_candidate process(uint32_t pid, const char *comm, uint64_t mib, int adj, int64_t points)
{
	return (struct record_candidate){ .pid = pid,
					  .comm = comm,
					  .has_points = points != INT64_MIN,
					  .points = points,
					  .has_adj = true,
					  .oom_score_adj = adj,
					  .has_counted = true,
					  .counted_bytes = mib * MIB };
}

/* What is printed of these, with pid 1 killed (0: nobody). */
static void expect(const struct record_candidates *candidates, uint32_t killed, const char *want)
{
	const struct record_victim victim = { .pid = killed, .role = ROLE_CHOSEN };
	const struct record_level limit = {
		.has_memory = true, .has_swap = true, .usage_bytes = 128 * MIB, .max_bytes = 128 * MIB
	};
	const struct record_oom oom = { .candidates = candidates,
					.victims = &victim,
					.victim_count = killed ? 1 : 0,
					.limit = &limit,
					.outcome = killed ? OOM_KILLED : OOM_NO_VICTIM };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct text_sink *sink = (struct text_sink *)text__new(out, (struct text_look){ 0 });

	text_candidates__put(sink, &oom);
	fflush(sink->base.out);
	fflush(out);
	assert_string_equal(text, want);
	sink->base.ops->free(&sink->base);
	fclose(out);
	free(text);
}

static void test_largest(void **state)
{
	const struct record_candidate first[] = { process(1, "big", 300, 0, 3000),
						  process(2, "api", 80, 0, 800), process(3, "sh", 1, 0, 10),
						  process(4, "x", 1, 0, 9) };
	const struct record_candidates candidates = { .count = 12, .first = first, .first_count = 4 };

	(void)state;
	expect(&candidates, 1,
	       "    chosen    the most memory of 12 processes, 300.0 MiB; next: api (pid 2), 80.0 MiB; "
	       "sh (pid 3), 1.0 MiB\n");
}

static void test_held_back(void **state)
{
	const struct record_candidate first[] = { process(1, "big", 300, 0, 3000),
						  process(2, "db", 500, -900, -4) };
	const struct record_candidate spared[] = { process(5, "init", 400, -1000, INT64_MIN),
						   process(6, "small", 20, -1000, INT64_MIN) };
	const struct record_candidates candidates = { .count = 4,
						      .unkillable = 2,
						      .first = first,
						      .first_count = 2,
						      .spared = spared,
						      .spared_count = 2 };

	(void)state;
	expect(&candidates, 1,
	       "    chosen    the most memory of those that are not held back, 300.0 MiB; "
	       "next: db (pid 2), 500.0 MiB, held back by oom_score_adj -900\n"
	       "    spared    though larger: db (pid 2), 500.0 MiB, held back by oom_score_adj -900; "
	       "init (pid 5), 400.0 MiB, exempt by oom_score_adj -1000\n");
}

static void test_raised(void **state)
{
	const struct record_candidate first[] = { process(1, "late", 2, 1000, 9000),
						  process(2, "big", 9, 0, 90) };
	const struct record_candidates candidates = { .count = 2, .first = first, .first_count = 2 };

	(void)state;
	expect(&candidates, 1,
	       "    chosen    raised by oom_score_adj 1000, though others have more memory, 2.0 MiB; "
	       "next: big (pid 2), 9.0 MiB\n"
	       "    spared    though larger: big (pid 2), 9.0 MiB\n");
}

static void test_only(void **state)
{
	const struct record_candidate first[] = { process(1, "one", 2, 0, 20) };
	const struct record_candidates candidates = {
		.count = 4, .unkillable = 3, .first = first, .first_count = 1
	};

	(void)state;
	expect(&candidates, 1, "    chosen    the only process that could be killed, 2.0 MiB\n");
}

/* Nothing was chosen: the largest that couldn't be. */
static void test_nobody(void **state)
{
	const struct record_candidate spared[] = { process(5, "hog", 40, -1000, INT64_MIN) };
	const struct record_candidates candidates = {
		.count = 1, .unkillable = 1, .spared = spared, .spared_count = 1
	};

	(void)state;
	expect(&candidates, 0, "    spared    hog (pid 5), 40.0 MiB, exempt by oom_score_adj -1000\n");
}

/* Who had ended when it was looked at has no name: it isn't told. */
static void test_gone(void **state)
{
	const struct record_candidate first[] = { process(1, "big", 3, 0, 30),
						  { .pid = 2, .has_points = true, .points = 20 } };
	const struct record_candidates candidates = { .count = 2, .first = first, .first_count = 2 };

	(void)state;
	expect(&candidates, 1, "    chosen    the highest score of 2 processes, 3.0 MiB\n");
}

/* The chosen one had ended: whether others are larger isn't known. */
static void test_chosen_gone(void **state)
{
	const struct record_candidate first[] = { { .pid = 1, .has_points = true, .points = 30 },
						  process(2, "api", 2, 0, 20) };
	const struct record_candidates candidates = { .count = 2, .first = first, .first_count = 2 };

	(void)state;
	expect(&candidates, 1,
	       "    chosen    the highest score of 2 processes; next: api (pid 2), 2.0 MiB\n");
}

/* It is held back itself, though less than those that are larger. */
static void test_chosen_held_back(void **state)
{
	const struct record_candidate first[] = { process(1, "big", 300, -100, 3000),
						  process(2, "db", 500, -900, -4) };
	const struct record_candidates candidates = { .count = 2, .first = first, .first_count = 2 };

	(void)state;
	expect(&candidates, 1,
	       "    chosen    the highest score of 2 processes, though held back by oom_score_adj -100, "
	       "300.0 MiB; next: db (pid 2), 500.0 MiB, held back by oom_score_adj -900\n"
	       "    spared    though larger: db (pid 2), 500.0 MiB, held back by oom_score_adj -900\n");
}

/* All that are listed are raised: there may be a larger one among the others. */
static void test_raised_of_many(void **state)
{
	const struct record_candidate first[] = { process(1, "late", 2, 1000, 9000) };
	const struct record_candidates candidates = { .count = 2, .first = first, .first_count = 1 };

	(void)state;
	expect(&candidates, 1,
	       "    chosen    the highest score of 2 processes, raised by oom_score_adj 1000, 2.0 MiB\n");
}

/* A larger one that isn't held back: it had been killed already, and the kernel was done with it. */
static void test_larger_not_held_back(void **state)
{
	const struct record_candidate first[] = { process(1, "big", 3, 0, 30) };
	const struct record_candidate spared[] = { process(2, "old", 4, 0, INT64_MIN),
						   process(3, "one", 0, 0, INT64_MIN) };
	const struct record_candidates candidates = { .count = 4,
						      .unkillable = 2,
						      .first = first,
						      .first_count = 1,
						      .spared = spared,
						      .spared_count = 2 };

	(void)state;
	expect(&candidates, 1,
	       "    chosen    the highest score of 4 processes, 3.0 MiB\n"
	       "    spared    though larger: old (pid 2), 4.0 MiB\n");
}

/* Whose memory isn't known is in no sum. */
static void test_unsummed(void **state)
{
	struct record_candidate first[6];
	const struct record_candidates candidates = { .count = 6, .first = first, .first_count = 6 };

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		first[i] = process(i + 1, "worker", 2, 0, 40 - i);
	first[5].has_counted = false;
	first[5].counted_bytes = 0;
	expect(&candidates, 1,
	       "    chosen    the highest score of 6 processes, 2.0 MiB; next: worker (pid 2), 2.0 MiB; "
	       "worker (pid 3), 2.0 MiB\n"
	       "    held by   5 x worker, 10.0 MiB of 128.0 MiB; of 1 it isn't known\n");
}

static void test_many(void **state)
{
	struct record_candidate first[20];
	struct record_candidates candidates = {
		.count = 40, .first = first, .first_count = 20, .has_counted = true, .counted_bytes = 60 * MIB
	};

	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		first[i] = process(i + 1, i ? "worker" : "sh", 2, 0, 40 - i);
	expect(&candidates, 1,
	       "    chosen    the most memory of 40 processes, 2.0 MiB; next: worker (pid 2), 2.0 MiB; "
	       "worker (pid 3), 2.0 MiB\n"
	       "    held by   the first 20 of 40: 19 x worker, 38.0 MiB of 128.0 MiB; 1 x sh, 2.0 MiB; all that could be killed 60.0 MiB\n");
	candidates.count = 20;
	expect(&candidates, 1,
	       "    chosen    the most memory of 20 processes, 2.0 MiB; next: worker (pid 2), 2.0 MiB; "
	       "worker (pid 3), 2.0 MiB\n"
	       "    held by   19 x worker, 38.0 MiB of 128.0 MiB; 1 x sh, 2.0 MiB\n");
}

/* The kernel side has summed all up, but for those that can't be killed. */
static void test_summed(void **state)
{
	const struct record_candidate first[] = { process(1, "worker", 2, 0, 20) };
	struct record_candidate spared[] = { process(5, "db", 40, -1000, INT64_MIN),
					     process(6, "worker", 3, -1000, INT64_MIN) };
	const struct record_program programs[] = { { "worker", 40, 80 * MIB }, { "sh", 2, 2 * MIB } };
	struct record_candidates candidates = { .count = 44,
						.unkillable = 2,
						.first = first,
						.first_count = 1,
						.spared = spared,
						.spared_count = 2,
						.programs = programs,
						.program_count = 2 };

	(void)state;
	expect(&candidates, 0,
	       "    spared    db (pid 5), 40.0 MiB, exempt by oom_score_adj -1000; "
	       "worker (pid 6), 3.0 MiB, exempt by oom_score_adj -1000; worker (pid 1), 2.0 MiB\n"
	       "    held by   41 x worker, 83.0 MiB of 128.0 MiB; 1 x db, 40.0 MiB; 2 x sh, 2.0 MiB\n");
	/* Of "db" there may be more. */
	candidates.other.count = 1;
	expect(&candidates, 0,
	       "    spared    db (pid 5), 40.0 MiB, exempt by oom_score_adj -1000; "
	       "worker (pid 6), 3.0 MiB, exempt by oom_score_adj -1000; worker (pid 1), 2.0 MiB\n"
	       "    held by   of the 42 that could be killed: 40 x worker, 80.0 MiB of 128.0 MiB; "
	       "2 x sh, 2.0 MiB\n");
	/* Not all that can't be killed are listed. */
	candidates.other.count = 0;
	candidates.unkillable = 3;
	expect(&candidates, 0,
	       "    spared    db (pid 5), 40.0 MiB, exempt by oom_score_adj -1000; "
	       "worker (pid 6), 3.0 MiB, exempt by oom_score_adj -1000; worker (pid 1), 2.0 MiB\n"
	       "    held by   of the 41 that could be killed: 40 x worker, 80.0 MiB of 128.0 MiB; "
	       "2 x sh, 2.0 MiB\n");
}

/* The reaper leaves locked memory alone, and a try that fails has taken but a part. */
static void test_reaper(void **state)
{
	const struct record record = {
		.kind = RECORD_RELIEF,
		.relief = { .oom_id = 1, .pid = 2, .comm = "api", .live = true, .since_kill_ns = 2000000000 },
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct sink *sink = text__new(out, (struct text_look){ .detail = TEXT_ALL });

	(void)state;
	assert_int_equal(text_relief__take(sink, &record), 0);
	fflush(out);
	assert_non_null(strstr(text,
			       "OOM 1: the kernel's reaper has taken what it could of the memory of api "
			       "(pid 2), 2.0 s after its kill\n"));
	sink->ops->free(sink);
	fclose(out);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_held_back),
		cmocka_unit_test(test_raised),
		cmocka_unit_test(test_only),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_summed),
		cmocka_unit_test(test_reaper),
		cmocka_unit_test(test_chosen_gone),
		cmocka_unit_test(test_chosen_held_back),
		cmocka_unit_test(test_raised_of_many),
		cmocka_unit_test(test_larger_not_held_back),
		cmocka_unit_test(test_unsummed),
	};

	return cmocka_run_group_tests_name("text_candidates", tests, NULL, NULL);
}
