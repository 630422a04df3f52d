// SPDX-License-Identifier: GPL-2.0-only
/* Usage and reclaim events through the model: records, paths, bounds. */
#include "model/usage_events.h"

static void test_usage_record(void **state)
{
	struct told t;

	(void)state;
	start(&t);
	send(&t, usage(5 * S, 7, 3));
	assert_int_equal(t.usages, 1);
	assert_int_equal(t.time.boot_ns, 5 * S);
	assert_int_equal(t.time.wall_ns, 5 * S + WALL_OFFSET);
	assert_int_equal(t.usage.cgroup_id, 7);
	assert_int_equal(t.usage.usage_bytes, 3 * MIB);
	assert_int_equal(t.usage.max_bytes, 64 * MIB);
	assert_true(t.usage.high_bytes == RECORD_NO_LIMIT);
	assert_int_equal(t.usage.failed, 0);
	assert_int_equal(t.usage.pid, 42);
	assert_int_equal(t.usage.chain_count, 0);
	assert_string_equal(t.cgroup, "/asked/7");
	/* Asked once for each, unless there was no answer. */
	send(&t, usage(6 * S, 7, 4));
	assert_int_equal(t.asked, 1);
	send(&t, usage(6 * S, STRANGER, 4));
	send(&t, usage(6 * S, STRANGER, 4));
	assert_int_equal(t.asked, 3);
	assert_string_equal(t.cgroup, "(unknown)");
	model__free(t.model);
}

/* Two charges are refused at the same time: their chains come mixed. */
static void test_refused(void **state)
{
	uint64_t one = GROUP_CHARGE | 111, two = GROUP_CHARGE | 222;
	struct told t;

	(void)state;
	start(&t);
	send_level(&t, one, LEAF, PARENT, "leaf");
	send_level(&t, two, LEAF, PARENT, "leaf");
	send_level(&t, one, PARENT, ROOT, "parent");
	send_level(&t, one, ROOT, 0, "");
	send(&t, refusal(one, 5 * S, PARENT, 17));
	assert_string_equal(t.cgroup, "/parent/leaf");
	assert_string_equal(t.refused_by, "/parent");
	assert_int_equal(t.usage.failed, 17);
	assert_int_equal(t.usage.asked_bytes, 64 * PAGE);
	assert_int_equal(t.usage.chain_count, 3);
	assert_true(!t.levels[0].is_limit && t.levels[1].is_limit && !t.levels[2].is_limit);
	assert_int_equal(t.levels[1].max_bytes, 64 * MIB);
	/* The rest of the other's chain was lost: what is known of names is from before. */
	send(&t, refusal(two, 5 * S, PARENT, 0));
	assert_int_equal(t.usage.chain_count, 1);
	assert_int_equal(t.usage.failed, 1);
	assert_string_equal(t.cgroup, "/parent/leaf");
	assert_string_equal(t.refused_by, "/parent");
	/* Later events have no chain and need none. */
	send(&t, usage(6 * S, LEAF, 3));
	assert_string_equal(t.cgroup, "/parent/leaf");
	assert_int_equal(t.asked, 0);
	model__free(t.model);
}

static void test_reclaim_record(void **state)
{
	struct told t;

	(void)state;
	start(&t);
	send(&t, reclaim(9 * S, 8 * S, 7 * MS));
	assert_int_equal(t.reclaims, 1);
	assert_int_equal(t.reclaim.kind, RECLAIM_LIMIT);
	assert_int_equal(t.reclaim.cgroup_id, LEAF);
	assert_int_equal(t.reclaim.since_ns, 8 * S);
	assert_int_equal(t.reclaim.sum.runs, 3);
	assert_int_equal(t.reclaim.sum.duration_ns, 7 * MS);
	assert_int_equal(t.reclaim.sum.reclaimed_bytes, 5 * PAGE);
	assert_string_equal(t.cgroup, "/asked/100");
	model__free(t.model);
}

/* What isn't user pages, where it is known; at the kill it is what the memory was. */
static void test_kinds(void **state)
{
	struct told t;
	union event e = usage(10 * S, LEAF, 20);

	(void)state;
	start(&t);
	e.usage.kernel_bytes = e.usage.sock_bytes = MIB; /* without a flag: nothing */
	send(&t, e);
	assert_false(t.usage.kinds.has_kernel || t.usage.kinds.has_sock);
	e = usage(11 * S, LEAF, 30);
	e.h.flags = USAGE_HAS_KERNEL | USAGE_HAS_SOCK | USAGE_KINDS_EXACT;
	e.usage.kernel_bytes = 2 * MIB;
	e.usage.sock_bytes = RECORD_MEMORY_KIND_MAX + 1; /* which nothing can have */
	send(&t, e);
	assert_true(t.usage.kinds.has_kernel && t.usage.kinds.exact && !t.usage.kinds.kernel_is_least);
	assert_int_equal(t.usage.kinds.kernel_bytes, 2 * MIB);
	assert_false(t.usage.kinds.has_sock);
	e = blank(EVENT_MEMORY, 1, 12 * S);
	e.memory.cgroup_id = LEAF;
	e.memory.known = 1 << MEMORY_KERNEL | 1 << MEMORY_SOCK;
	e.memory.bytes[MEMORY_KERNEL] = 3 * MIB;
	e.memory.bytes[MEMORY_SOCK] = 4 * MIB;
	send(&t, e);
	send_kill(&t, 12 * S, LEAF, LEAF);
	assert_int_equal(t.history.count, 3);
	assert_false(t.points[0].kinds.has_kernel);
	assert_int_equal(t.points[1].kinds.kernel_bytes, 2 * MIB);
	assert_int_equal(t.points[2].kinds.kernel_bytes, 3 * MIB);
	assert_int_equal(t.points[2].kinds.sock_bytes, 4 * MIB);
	model__free(t.model);
}

static void test_curve(void **state)
{
	struct told t;
	struct record_history history;

	(void)state;
	start(&t);
	assert_false(model__history(t.model, LEAF, 20 * S, &history));
	send(&t, usage(10 * S, LEAF, 20));
	assert_true(model__history(t.model, LEAF, 20 * S, &history));
	assert_int_equal(history.points[0].usage_bytes, 20 * MIB);
	model__free(t.model);
}

/* 10,000 cgroups are made, hit their limits and are gone: memory stops growing. */
static void test_bounds(void **state)
{
	struct told t;
	char name[EVENT_NAME_LEN];
	size_t before = __sanitizer_get_current_allocated_bytes(), early = 0, late;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	start(&t);
	for (uint64_t id = 1000; id < 11000; id++) {
		uint64_t group = GROUP_CHARGE | id;
		union event e = refusal(group, id * S, id, 1);

		/* Every third one's end is lost. */
		send_level(&t, group, id, PARENT, name);
		send_level(&t, group, PARENT, ROOT, "parent");
		send_level(&t, group, ROOT, 0, "");
		e.usage.cgroup_id = id;
		if (id % 3)
			send(&t, e);
		e = reclaim(id * S, id * S - 2500 * MS, 2 * S);
		e.reclaim.cgroup_id = id;
		send(&t, e);
		if (id == 2000)
			early = __sanitizer_get_current_allocated_bytes();
	}
	late = __sanitizer_get_current_allocated_bytes();
	assert_in_range(late - before, 1, 8 * MIB);
	assert_in_range(late, early, early + early / 20);
	assert_int_equal(t.usages, 6667); /* of 1000..10999, those that 3 does not divide */
	assert_int_equal(t.reclaims, 10000);
	model__free(t.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage_record),   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_reclaim_record), cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_curve),	       cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
