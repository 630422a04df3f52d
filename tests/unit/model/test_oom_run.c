// SPDX-License-Identifier: GPL-2.0-only
/* Events that never came, or of which there are too many, through the model. */
#include "base/array.h"
#include "model/model_events.h"

/* ---- loss ---- */

#define RUN_LENGTH 7

/* A group kill whose events come in this order; the one with number `lost` doesn't arrive. */
static void send_run_without(struct kept *kept, int lost)
{
	const union event events[RUN_LENGTH] = {
		docker_level(1), slice_level(1),   root_level(1),
		oom(1, 42),	 victim(1, 42, 0), victim(1, 43, VICTIM_GROUP),
		end(1, 2, 2),
	};

	for (int i = 0; i < RUN_LENGTH; i++) {
		if (i != lost)
			send(kept, events[i]);
	}
	model__finish(kept->model);
}

static void assert_path_or_unknown(const char *path, const char *expected)
{
	if (path)
		assert_string_equal(path, expected);
}

static void test_loss_of_each_event(void **state)
{
	(void)state;
	for (int lost = 0; lost < RUN_LENGTH; lost++) {
		struct kept *kept = start();
		const struct record_oom *r = kept->ooms;
		size_t victims = lost == 4 || lost == 5 ? 1 : 2;

		send_run_without(kept, lost);
		assert_int_equal(kept->oom_count, 1);
		assert_int_equal(r->victim_count, victims);
		assert_int_equal(r->killed, victims);
		assert_int_equal(r->missing, 2 - victims);
		assert_true(r->incomplete);
		for (size_t i = 0; i < victims; i++) {
			assert_path_or_unknown(r->victims[i].cgroup, DOCKER_PATH);
			if (lost < 3)
				assert_null(r->victims[i].cgroup);
		}
		assert_path_or_unknown(r->trigger_cgroup, DOCKER_PATH);
		if (lost == 6)
			assert_int_equal(r->duration_ns, 0);
		if (lost == 3) {
			assert_int_equal(kept->oom_times[0].boot_ns, r->victims[0].ts_ns);
			assert_null(r->trigger_comm);
		}
		stop(kept);
	}
}

static void test_loss_of_a_level(void **state)
{
	static const size_t chain[] = { 0, 1, 2 };

	(void)state;
	for (int lost = 0; lost < 3; lost++) {
		struct kept *kept = start();
		const struct record_oom *r = kept->ooms;

		send_run_without(kept, lost);
		assert_int_equal(r->chain_count, chain[lost]);
		for (size_t i = 0; i < r->chain_count; i++)
			assert_null(r->chain[i].path);
		if (lost == 0) {
			assert_null(r->limit);
			assert_int_equal(r->cause, CAUSE_UNKNOWN);
			assert_false(r->whole_machine);
		} else {
			assert_int_equal(r->limit->max_bytes, 128 * PAGE);
			assert_null(r->limit->path);
		}
		assert_int_equal(r->victims[0].container.ref.runtime, CONTAINER__UNKNOWN);
		stop(kept);
	}
}

static void test_only_one_event_arrives(void **state)
{
	(void)state;
	for (int only = 0; only < RUN_LENGTH; only++) {
		const union event events[RUN_LENGTH] = {
			docker_level(1), slice_level(1),   root_level(1),
			oom(1, 42),	 victim(1, 42, 0), victim(1, 43, VICTIM_GROUP),
			end(1, 2, 2),
		};
		struct kept *kept = start();

		send(kept, events[only]);
		model__finish(kept->model);
		model__finish(kept->model);
		assert_int_equal(kept->oom_count, 1);
		assert_true(kept->ooms[0].incomplete);
		stop(kept);
	}
}

static void test_new_run_while_one_is_open(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	/* Its chain goes by another name: nothing of run 1 may be taken for this one. */
	send(kept, cgroup(2, DOCKER_CGROUP_ID, ROOT_ID, "other"));
	assert_int_equal(kept->oom_count, 1);
	assert_true(r[0].incomplete);
	assert_int_equal(r[0].killed, 1);
	assert_string_equal(r[0].victims[0].cgroup, DOCKER_PATH);
	send(kept, root_level(2));
	send(kept, oom(2, 43));
	send(kept, victim(2, 43, 0));
	send(kept, end(2, 1, 1));
	assert_int_equal(kept->oom_count, 2);
	assert_false(r[1].incomplete);
	assert_int_equal(r[1].id, 2);
	assert_int_equal(r[1].victim_count, 1);
	assert_string_equal(r[1].victims[0].cgroup, "/other");
	assert_int_equal(model__totals(kept->model).ooms, 2);
	stop(kept);
}

/* A run that was going on when we came: its end may not be seen, and it must not wait for it. */
static void test_joined_late(void **state)
{
	struct kept *kept = start();
	union event late = oom(1, 42);

	(void)state;
	late.oom.started_ns = 0;
	send_chain(kept, 1);
	send(kept, late);
	send(kept, victim(1, 42, 0));
	model__expire(kept->model, kept->now_ns);
	assert_int_equal(kept->oom_count, 0);
	model__expire(kept->model, kept->now_ns + 2000000000);
	assert_int_equal(kept->oom_count, 1);
	assert_true(kept->ooms[0].joined_late && !kept->ooms[0].incomplete);
	assert_int_equal(kept->ooms[0].duration_ns, 0);

	send_chain(kept, 2); /* one whose beginning was seen is waited for */
	send(kept, oom(2, 42));
	model__expire(kept->model, kept->now_ns + 2000000000);
	assert_int_equal(kept->oom_count, 1);
	model__finish(kept->model);
	assert_true(kept->ooms[1].incomplete && !kept->ooms[1].joined_late);
	stop(kept);
}

static void test_freed_while_open(void **state)
{
	struct kept *kept = start();

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, docker_level(GROUP_LIMIT | 5));
	stop(kept);
	model__free(NULL);
}

/* ---- bounds ---- */

static void test_too_many_victims(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	const uint32_t sent = MODEL_VICTIMS_MAX + 10;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 1));
	for (uint32_t pid = 1; pid <= sent; pid++)
		send(kept, victim(1, pid, pid == 1 ? 0 : VICTIM_GROUP));
	send(kept, end(1, sent, sent));
	assert_int_equal(r->victim_count, MODEL_VICTIMS_MAX);
	assert_int_equal(r->missing, 10);
	assert_true(r->incomplete);
	assert_int_equal(r->victims[MODEL_VICTIMS_MAX - 1].pid, MODEL_VICTIMS_MAX);
	send(kept, oom(2, 7)); /* and the next run is whole again */
	send(kept, victim(2, 7, 0));
	send(kept, end(2, 1, 1));
	assert_int_equal(r[1].victim_count, 1);
	assert_int_equal(r[1].missing, 0);
	stop(kept);
}

static void test_too_many_cgroups(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	union event in_time = victim(1, 1, 0), late = victim(1, 2, VICTIM_GROUP);

	(void)state;
	send(kept, root_level(1));
	for (uint64_t id = 1000; id < 1000 + MODEL_CGROUPS_MAX + 10; id++)
		send(kept, cgroup(1, id, ROOT_ID, "child"));
	in_time.victim.cgroup_id = 1000;
	late.victim.cgroup_id = 1000 + MODEL_CGROUPS_MAX + 9;
	send(kept, oom(1, 1));
	send(kept, in_time);
	send(kept, late);
	send(kept, end(1, 2, 2));
	assert_string_equal(r->victims[0].cgroup, "/child");
	assert_null(r->victims[1].cgroup);
	stop(kept);
}

static void test_too_many_writes(void **state)
{
	struct kept *kept = start();

	(void)state;
	for (uint64_t id = 1; id <= MODEL_WRITES_MAX + 1; id++)
		send_chain(kept, GROUP_LIMIT | id);
	send(kept, limit(1)); /* the oldest was given up */
	assert_null(kept->limits[0].cgroup);
	send(kept, limit(MODEL_WRITES_MAX + 1));
	assert_string_equal(kept->limits[1].cgroup, DOCKER_PATH);
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
		cmocka_unit_test(test_loss_of_each_event),
		cmocka_unit_test(test_loss_of_a_level),
		cmocka_unit_test(test_only_one_event_arrives),
		cmocka_unit_test(test_new_run_while_one_is_open),
		cmocka_unit_test(test_joined_late),
		cmocka_unit_test(test_freed_while_open),
		cmocka_unit_test(test_too_many_victims),
		cmocka_unit_test(test_too_many_cgroups),
		cmocka_unit_test(test_too_many_writes),
		cmocka_unit_test(test_hostile_parents),
		cmocka_unit_test(test_long_chain),
		cmocka_unit_test(test_cut_chain),
	};

	return cmocka_run_group_tests_name("model, loss and bounds", tests, NULL, NULL);
}
