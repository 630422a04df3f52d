// SPDX-License-Identifier: GPL-2.0-only
/* Chains of cgroups that are too long, cut, hostile, or of too many cgroups. */
#include "base/array.h"
#include "model/cgroup_chain.h"
#include "model/model_events.h"

static void test_too_many_cgroups(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	union event in_time = victim(1, 1, 0), late = victim(1, 2, VICTIM_GROUP);

	(void)state;
	send(kept, root_level(1));
	for (uint64_t id = 1000; id < 1000 + CHAIN_CGROUPS_MAX + 10; id++)
		send(kept, cgroup(1, id, ROOT_ID, "child"));
	in_time.victim.cgroup_id = 1000;
	late.victim.cgroup_id = 1000 + CHAIN_CGROUPS_MAX + 9;
	send(kept, oom(1, 1));
	send(kept, in_time);
	send(kept, late);
	send(kept, end(1, 2, 2));
	assert_string_equal(r->victims[0].cgroup, "/child");
	assert_null(r->victims[1].cgroup);
	stop(kept);
}

/* Nothing a kernel sends: chains that run in circles, cgroups that are their own parents. */
static void test_hostile_parents(void **state)
{
	static const uint64_t parents[][3] = {
		{ 101, 102, 100 }, { 100, 100, 100 },	 { 101, 101, 101 },
		{ 101, 100, 100 }, { UINT64_MAX, 0, 0 }, { 101, 102, 101 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		struct kept *kept = start();

		for (uint64_t id = 100; id < 103; id++)
			send(kept, cgroup(1, id, parents[i][id - 100], "loop"));
		send(kept, oom(1, 42));
		send(kept, victim(1, 42, 0));
		send(kept, end(1, 1, 1));
		assert_int_equal(kept->oom_count, 1);
		assert_null(kept->ooms[0].victims[0].cgroup);
		assert_true(kept->ooms[0].chain_count <= EVENT_CGROUP_LEVELS);
		stop(kept);
	}
}

static void test_long_chain(void **state)
{
	struct kept *kept = start();
	union event e = victim(1, 42, 0);

	(void)state;
	for (uint64_t id = 1000; id < 1100; id++)
		send(kept, cgroup(1, id, id + 1, "deep"));
	send(kept, cgroup(1, 1100, 0, ""));
	e.victim.cgroup_id = 1000;
	send(kept, e);
	send(kept, end(1, 1, 1));
	assert_null(kept->ooms[0].victims[0].cgroup);
	assert_int_equal(kept->ooms[0].chain_count, EVENT_CGROUP_LEVELS);
	stop(kept);
}

/* Deeper than the kernel side follows: what is above the cut is unknown, so the path is. */
static void test_cut_chain(void **state)
{
	struct kept *kept = start();
	union event e = slice_level(1);

	(void)state;
	e.h.flags |= CGROUP_CUT;
	send(kept, docker_level(1));
	send(kept, e);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, end(1, 1, 1));
	assert_null(kept->ooms[0].victims[0].cgroup);
	assert_null(kept->ooms[0].chain[0].path);
	assert_int_equal(kept->ooms[0].chain_count, 2);
	assert_int_equal(kept->ooms[0].limit->max_bytes, 128 * PAGE);
	stop(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_many_cgroups),
		cmocka_unit_test(test_hostile_parents),
		cmocka_unit_test(test_long_chain),
		cmocka_unit_test(test_cut_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
