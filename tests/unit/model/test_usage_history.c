// SPDX-License-Identifier: GPL-2.0-only
/* What OOMs and stalls get of usage, reclaim and memory, through the model. */
#include "model/usage_events.h"

static void test_history_of_limit(void **state)
{
	struct told t;

	(void)state;
	start(&t);
	for (uint64_t i = 0; i < 20; i++)
		send(&t, usage(10 * S + i * 10 * MS, LEAF, 20 + 2 * i));
	send(&t, reclaim(10 * S + 150 * MS, 10 * S, 100 * MS));
	send_chain(&t, GROUP_CHARGE | 5);
	send(&t, refusal(GROUP_CHARGE | 5, 10 * S + 199 * MS, LEAF, 9));
	/* Somebody charges after the victim was chosen, before the run is over. */
	send(&t, usage(10 * S + 201 * MS, LEAF, 64));
	send_kill(&t, 10 * S + 200 * MS, LEAF, LEAF);
	assert_non_null(t.oom.history);
	assert_int_equal(t.history.cgroup_id, LEAF);
	assert_string_equal(t.history_cgroup, "/parent/leaf");
	assert_int_equal(t.history.count, 22);
	for (size_t i = 0; i < 20; i++) {
		assert_int_equal(t.points[i].ts_ns, 10 * S + i * 10 * MS);
		assert_int_equal(t.points[i].usage_bytes, (20 + 2 * i) * MIB);
		assert_int_equal(t.points[i].max_bytes, 64 * MIB);
	}
	assert_int_equal(t.points[21].ts_ns, 10 * S + 200 * MS);
	assert_int_equal(t.points[21].usage_bytes, 60 * MIB); /* as the limit's level had it at the kill */
	assert_true(t.history.has_growth);
	assert_int_equal(t.history.growth_bytes_per_s, 200 * MIB);
	assert_int_equal(t.history.reclaim.runs, 3);
	assert_int_equal(t.history.failed, 9);
	model__free(t.model);
}

/* The limit is of an ancestor that isn't traced: the victim's own curve is there. */
static void test_history_of_victim(void **state)
{
	struct told t;

	(void)state;
	start(&t);
	send(&t, usage(10 * S, LEAF, 20));
	send_kill(&t, 11 * S, PARENT, LEAF);
	assert_non_null(t.oom.history);
	assert_int_equal(t.history.cgroup_id, LEAF);
	assert_int_equal(t.history.count, 2);
	model__free(t.model);
	/* Nothing is recorded: there is no history, rather than one of a single point. */
	start(&t);
	send(&t, usage(10 * S, STRANGER, 20));
	send_kill(&t, 11 * S, PARENT, LEAF);
	assert_int_equal(t.ooms, 1);
	assert_null(t.oom.history);
	model__free(t.model);
}

static void test_memory(void **state)
{
	struct told t;
	union event e = blank(EVENT_MEMORY, 1, 9 * S);

	(void)state;
	start(&t);
	e.memory.cgroup_id = LEAF;
	e.memory.known = 1 << MEMORY_ANON | 1 << MEMORY_SWAP;
	e.memory.bytes[MEMORY_ANON] = 60 * MIB;
	e.h.flags = MEMORY_EXACT;
	send(&t, e);
	send_kill(&t, 11 * S, LEAF, LEAF);
	assert_non_null(t.oom.memory);
	assert_int_equal(t.memory.known, 1 << MEMORY_ANON | 1 << MEMORY_SWAP);
	assert_int_equal(t.memory.bytes[MEMORY_ANON], 60 * MIB);
	assert_true(t.memory.exact);
	/* It was of that run only. */
	send_kill(&t, 12 * S, LEAF, LEAF);
	assert_null(t.oom.memory);
	/* Sums that the kernel hasn't made yet are unknown and not 0. */
	e = blank(EVENT_MEMORY, 1, 13 * S);
	e.memory.cgroup_id = LEAF;
	e.memory.known = 1 << MEMORY_ANON | 1 << MEMORY_KERNEL | 1 << MEMORY_SWAP;
	e.memory.bytes[MEMORY_SWAP] = MIB;
	send(&t, e);
	send_kill(&t, 14 * S, LEAF, LEAF);
	assert_null(t.oom.memory);
	model__free(t.model);
}

static void test_stall(void **state)
{
	struct told t;

	(void)state;
	start(&t);
	send(&t, usage(10 * S, LEAF, 63));
	for (uint64_t i = 1; i <= 30; i++)
		send(&t, reclaim(10 * S + i * 100 * MS, 10 * S + (i - 1) * 100 * MS, 80 * MS));
	assert_int_equal(t.stalls, 2);
	assert_false(t.stall.over);
	assert_string_equal(t.cgroup, "/asked/100");
	assert_int_equal(t.time.wall_ns, 13 * S + WALL_OFFSET);
	/* A kill ends it, which is told before the kill. */
	send_kill(&t, 13 * S + 1, PARENT, LEAF);
	assert_true(t.stall.over);
	assert_string_equal(t.order, "ssso");
	/* As does silence. */
	for (uint64_t i = 1; i <= 30; i++)
		send(&t, reclaim(20 * S + i * 100 * MS, 20 * S + (i - 1) * 100 * MS, 80 * MS));
	assert_string_equal(t.order, "sssoss");
	model__expire(t.model, 30 * S);
	assert_true(t.stall.over);
	assert_int_equal(t.stall.duration_ns, 3 * S);
	assert_string_equal(t.order, "sssosss");
	model__free(t.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history_of_limit),
		cmocka_unit_test(test_history_of_victim),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_stall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
