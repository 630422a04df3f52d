// SPDX-License-Identifier: GPL-2.0-only
/* A run of the OOM killer of which events are missing, or come late, or are too many. */
#include "model/oom_run.h"
#include "model/model_events.h"

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
			assert_int_equal(r->cause, CAUSE_NOT_KNOWN);
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

static void test_too_many_victims(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	const uint32_t sent = OOM_RUN_VICTIMS_MAX + 10;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 1));
	for (uint32_t pid = 1; pid <= sent; pid++)
		send(kept, victim(1, pid, pid == 1 ? 0 : VICTIM_GROUP));
	send(kept, end(1, sent, sent));
	assert_int_equal(r->victim_count, OOM_RUN_VICTIMS_MAX);
	assert_int_equal(r->missing, 10);
	assert_true(r->incomplete);
	assert_int_equal(r->victims[OOM_RUN_VICTIMS_MAX - 1].pid, OOM_RUN_VICTIMS_MAX);
	send(kept, oom(2, 7)); /* and the next run is whole again */
	send(kept, victim(2, 7, 0));
	send(kept, end(2, 1, 1));
	assert_int_equal(r[1].victim_count, 1);
	assert_int_equal(r[1].missing, 0);
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
		cmocka_unit_test(test_too_many_victims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
