// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "record/swap_words.h"

#define MIB (UINT64_C(1) << 20)

static void put_size(FILE *out, uint64_t bytes)
{
	fprintf(out, "%" PRIu64, bytes / MIB);
}

/* What is said of a limit of 64 MiB that is full; want NULL: nothing. Whether it is worth telling unasked. */
static void expect(uint64_t used, uint64_t max, uint64_t most, uint64_t locked, const char *want,
		   bool telling)
{
	const struct record_level limit = { .has_memory = true,
					    .usage_bytes = 64 * MIB,
					    .max_bytes = 64 * MIB,
					    .has_swap = true,
					    .swap_usage_bytes = used * MIB,
					    .swap_max_bytes = max == UINT64_MAX ? max : max * MIB };
	const struct record_memory memory = { .exact = true,
					      .known = 1U << MEMORY_UNEVICTABLE,
					      .bytes[MEMORY_UNEVICTABLE] = locked * MIB };
	const struct record_oom oom = { .limit = &limit,
					.memory = &memory,
					.constraint = "memcg",
					.totalpages_bytes = (64 + most) * MIB };
	struct swap_facts facts;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(swap_words__facts(&oom, &facts), want != NULL);
	if (want)
		swap_words__put(out, &facts, put_size);
	fclose(out);
	assert_string_equal(text, want ? want : "");
	assert_int_equal(facts.telling, telling);
	free(text);
}

static void test_states(void **state)
{
	(void)state;
	expect(0, 0, 0, 0, "none is allowed (memory.swap.max is 0)", false);
	expect(0, UINT64_MAX, 0, 0, "there is none that this cgroup could use", false);
	expect(0, UINT64_MAX, 100, 0, "not used: 0 B of at most 100", false);
	expect(10, UINT64_MAX, 100, 0, "10 of at most 100", true);
	expect(30, 30, 30, 0, "full, too: 30 of 30", true);
	/* The limit was lowered below what is there. */
	expect(30, 0, 0, 0, "full, too: 30 of 0", true);
	/* The machine has some, but its swappiness is 0. */
	expect(30, UINT64_MAX, 0, 0, NULL, false);
}

static void test_locked(void **state)
{
	(void)state;
	expect(0, UINT64_MAX, 100, 40,
	       "not used: 0 B of at most 100; 40 are locked (mlock) or in ramfs, and can't go there", true);
	expect(0, UINT64_MAX, 100, 4,
	       "not used: 0 B of at most 100; 4 are locked (mlock) or in ramfs, and can't go there", false);
}

/* Of the whole machine, or on cgroup v1, the figures say something else. */
static void test_unknown(void **state)
{
	struct record_level limit = { .has_memory = true, .max_bytes = 64 * MIB };
	struct record_oom oom = { .limit = &limit, .constraint = "memcg", .totalpages_bytes = 64 * MIB };
	struct swap_facts facts;

	(void)state;
	assert_false(swap_words__facts(&oom, &facts));
	limit.has_swap = true;
	assert_true(swap_words__facts(&oom, &facts));
	oom.constraint = "none";
	assert_false(swap_words__facts(&oom, &facts));
	oom.constraint = "memcg";
	oom.limit = NULL;
	assert_false(swap_words__facts(&oom, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests_name("swap_words", tests, NULL, NULL);
}
