// SPDX-License-Identifier: GPL-2.0-only
/* The memory of the machine, of its event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/machine.h"

#define PAGE 4096ULL

static struct event_machine two_zones(uint64_t free_pages)
{
	struct event_machine e = { .known = MACHINE_HAS_SWAP | MACHINE_HAS_SLAB, .zone_count = 2 };

	e.swap_total_pages = 10;
	e.slab_unreclaimable_pages = 7;
	e.zones[0] = (struct event_zone){ .free_pages = free_pages,
					  .watermark_pages = { 100, 200, 300 },
					  .boost_pages = 50,
					  .managed_pages = 100000,
					  .node = 1,
					  .name = "Normal" };
	e.zones[1] = (struct event_zone){ .free_pages = 3000, .managed_pages = 3840, .name = "DMA" };
	return e;
}

static void test_fill(void **state)
{
	struct event_machine e = two_zones(140);
	struct machine m;

	(void)state;
	machine__fill(&m, &e, PAGE, 0);
	assert_int_equal(m.record.zone_count, 2);
	assert_string_equal(m.zones[0].name, "Normal");
	assert_int_equal(m.zones[0].node, 1);
	assert_int_equal(m.zones[0].free_bytes, 140 * PAGE);
	assert_int_equal(m.zones[0].min_bytes, 150 * PAGE); /* as the log has it, with the boost */
	assert_int_equal(m.zones[0].high_bytes, 350 * PAGE);
	assert_int_equal(m.record.known, 1U << MACHINE_SWAP_FREE | 1U << MACHINE_SWAP_TOTAL |
						 1U << MACHINE_SLAB_RECLAIMABLE |
						 1U << MACHINE_SLAB_UNRECLAIMABLE);
	assert_int_equal(m.record.bytes[MACHINE_SWAP_FREE], 0);
	assert_int_equal(m.record.bytes[MACHINE_SWAP_TOTAL], 10 * PAGE);
	assert_non_null(m.record.why);
	assert_non_null(
		strstr(m.record.why, "below the min watermark in every zone that counts: node 1 Normal"));
}

/* Free memory above the watermarks, or zones that aren't known, explain nothing. */
static void test_no_why(void **state)
{
	struct event_machine e = two_zones(5000);
	struct machine m;

	(void)state;
	machine__fill(&m, &e, PAGE, 0);
	assert_null(m.record.why);
	e.zones[0].free_pages = 1;
	e.known = MACHINE_ZONES_CUT;
	machine__fill(&m, &e, PAGE, 0);
	assert_null(m.record.why);
	assert_int_equal(m.record.known, 0);
}

/* kswapd has no list of zones when it asks for a kill, and of a list that is cut the sums lack what is cut. */
static void test_no_sums(void **state)
{
	struct event_machine e = two_zones(140);
	struct machine m;

	(void)state;
	e.known = MACHINE_HAS_SWAP | MACHINE_HAS_SLAB | MACHINE_HAS_SHMEM;
	e.zone_count = 0;
	machine__fill(&m, &e, PAGE, 0);
	assert_int_equal(m.record.known, 1U << MACHINE_SWAP_FREE | 1U << MACHINE_SWAP_TOTAL);
	e.zone_count = 2;
	e.known |= MACHINE_ZONES_CUT;
	machine__fill(&m, &e, PAGE, 0);
	assert_int_equal(m.record.known, 1U << MACHINE_SWAP_FREE | 1U << MACHINE_SWAP_TOTAL);
}

/* Above the high watermark a single page could be had, so what failed is a large piece. */
static void test_fragmented(void **state)
{
	struct event_machine e = two_zones(351);
	struct machine m;

	(void)state;
	machine__fill(&m, &e, PAGE, 2);
	assert_true(machine_why__is_fragmented(&m.record, 2));
	assert_false(machine_why__is_fragmented(&m.record, 0));
	assert_string_equal(m.record.why,
			    "free memory is in small pieces: a piece of order 2 was asked for, while node 1 "
			    "Normal has 1.4 MiB free, above its high watermark of 1.4 MiB");
	/* Between the watermarks some may have been freed since. */
	e = two_zones(349);
	machine__fill(&m, &e, PAGE, 2);
	assert_false(machine_why__is_fragmented(&m.record, 2));
	assert_null(m.record.why);
}

static uint64_t read_two(void *ctx, struct largest_cgroups *out)
{
	out->count = 2;
	out->looked_at = 3;
	out->cut = false;
	snprintf(out->list[0].path, sizeof(out->list[0].path), "/big");
	out->list[0].usage_bytes = 9;
	snprintf(out->list[1].path, sizeof(out->list[1].path), "/small");
	out->list[1].usage_bytes = 4;
	return *(uint64_t *)ctx;
}

/* The largest cgroups, and how long after the choice they had been read; nothing where nobody reads. */
static void test_largest(void **state)
{
	uint64_t now = 1500;
	const struct model_env env = { .ctx = &now, .largest_cgroups = read_two }, none = {};
	struct event_machine e = two_zones(140);
	static struct machine m;

	(void)state;
	machine__read_largest(&m, &env);
	machine__fill(&m, &e, PAGE, 0);
	machine__fill_largest(&m, &env, 1000);
	assert_int_equal(m.record.largest.count, 2);
	assert_int_equal(m.record.largest.looked_at, 3);
	assert_int_equal(m.record.largest.after_ns, 500);
	assert_string_equal(m.record.largest.list[0].path, "/big");
	assert_int_equal(m.record.largest.list[1].usage_bytes, 4);
	machine__read_largest(&m, &none);
	machine__fill(&m, &e, PAGE, 0);
	machine__fill_largest(&m, &none, 1000);
	assert_int_equal(m.record.largest.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_largest), cmocka_unit_test(test_fragmented),
					    cmocka_unit_test(test_fill), cmocka_unit_test(test_no_why),
					    cmocka_unit_test(test_no_sums) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
