// SPDX-License-Identifier: GPL-2.0-only
/* Exits, writes of limits, and the causes of runs, through the model. */
#include "model/model_events.h"

/* ---- exits ---- */

static void test_exit_of_a_victim(void **state)
{
	union event elsewhere = gone(43, 1042);
	struct kept *kept = start();
	const struct record_exit *r = kept->exits;

	(void)state;
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, gone(42, 1042)); /* before its run is over: exits don't wait */
	assert_int_equal(kept->oom_count, 0);
	send(kept, end(1, 1, 1));
	send(kept, gone(42, 9999)); /* the pid again, another process */
	elsewhere.exit.cgroup_id = SSH_ID;
	send(kept, elsewhere);
	assert_int_equal(kept->exit_count, 3);
	assert_true(r[0].oom_victim && r[0].has_status);
	assert_int_equal(r[0].pid, 42);
	assert_int_equal(r[0].status, 9);
	assert_string_equal(r[0].comm, "hog");
	assert_string_equal(r[0].cgroup, DOCKER_PATH);
	assert_null(r[2].cgroup);
	assert_int_equal(kept->exit_times[0].wall_ns, WALL_OFFSET + (int64_t)kept->exit_times[0].boot_ns);
	assert_false(r[1].oom_victim);
	assert_false(r[2].oom_victim);
	stop(kept);
}

/* The memory of victims is bounded: the oldest are forgotten, the latest are not. */
static void test_many_victims_are_remembered(void **state)
{
	struct kept *kept = start();

	(void)state;
	for (uint32_t pid = 1; pid <= 3000; pid++)
		send(kept, victim(1, pid, VICTIM_GROUP));
	send(kept, gone(3000, 1000 + 3000));
	send(kept, gone(2500, 1000 + 2500));
	send(kept, gone(1, 1000 + 1));
	assert_true(kept->exits[0].oom_victim);
	assert_true(kept->exits[1].oom_victim);
	assert_false(kept->exits[2].oom_victim);
	stop(kept);
}

/* ---- writes of limits, and causes ---- */

static void test_limit(void **state)
{
	struct kept *kept = start_with(0, 60);
	const struct record_limit *r = kept->limits;
	union event other = limit(5600);

	(void)state;
	send_chain(kept, GROUP_LIMIT | 5500);
	send(kept, cgroup(GROUP_LIMIT | 5500, SSH_ID, ROOT_ID, "ssh.service"));
	send(kept, limit(5500));
	assert_int_equal(r->id, 1);
	assert_int_equal(r->file, LIMIT_MAX);
	assert_string_equal(r->cgroup, DOCKER_PATH);
	assert_string_equal(r->container.ref.id, DOCKER_ID);
	assert_string_equal(r->writer_comm, "bash");
	assert_string_equal(r->writer_cgroup, "/ssh.service");
	assert_int_equal(r->writer_pid, 60);
	assert_int_equal(r->writer_tid, 61);
	assert_true(r->writer_self);
	assert_int_equal(r->old_bytes, RECORD_NO_LIMIT);
	assert_int_equal(r->new_bytes, 50 * PAGE);
	assert_int_equal(r->usage_before_bytes, 90 * PAGE);
	assert_int_equal(r->usage_after_bytes, 49 * PAGE);
	assert_int_equal(r->reclaimed_bytes, 7 * PAGE);
	assert_int_equal(r->duration_ns, kept->limit_times[0].boot_ns - 5500);
	assert_int_equal(r->kills, 2);
	assert_int_equal(r->ooms, 3);
	assert_int_equal(r->result, 9);

	other.limit.writer_pid = 62;
	other.limit.result = -EINVAL;
	send(kept, other); /* its chains were lost */
	assert_int_equal(r[1].id, 2);
	assert_false(r[1].writer_self);
	assert_null(r[1].cgroup);
	assert_null(r[1].writer_cgroup);
	assert_int_equal(r[1].result, -EINVAL);
	assert_int_equal(kept->oom_count, 0);
	stop(kept);
}

/* Writes overlap with each other and with runs, and what belongs to which is told by the group. */
static void test_overlapping_writes(void **state)
{
	struct kept *kept = start();

	(void)state;
	send(kept, docker_level(GROUP_LIMIT | 1));
	send_chain(kept, 1);
	send(kept, cgroup(GROUP_LIMIT | 2, DOCKER_CGROUP_ID, ROOT_ID, "other"));
	send(kept, oom(1, 42));
	send(kept, slice_level(GROUP_LIMIT | 1));
	send(kept, root_level(GROUP_LIMIT | 2));
	send(kept, limit(2));
	send(kept, root_level(GROUP_LIMIT | 1));
	send(kept, victim(1, 42, 0));
	send(kept, limit(1));
	send(kept, end(1, 1, 1));
	assert_string_equal(kept->limits[0].cgroup, "/other");
	assert_string_equal(kept->limits[1].cgroup, DOCKER_PATH);
	assert_int_equal(kept->oom_count, 1);
	assert_false(kept->ooms[0].incomplete);
	stop(kept);
}

/* One run with the given event; returns its record. */
static const struct record_oom *run_of(struct kept *kept, union event e)
{
	send_chain(kept, e.h.group);
	send(kept, e);
	send(kept, victim(e.h.group, 42, 0));
	send(kept, end(e.h.group, 1, 1));
	return &kept->ooms[kept->oom_count - 1];
}

static void test_causes(void **state)
{
	struct kept *kept = start();
	union event in_write = oom(1, 42), lowered = oom(2, 42), roomy = oom(3, 42);
	union event above = oom(4, 42), unseen = oom(5, 42);
	const struct record_oom *r;

	(void)state;
	in_write.oom.in_write_ns = 6000;
	in_write.oom.last_write = (struct limit_write){ 6000, UNLIMITED, 200 };
	r = run_of(kept, in_write);
	assert_int_equal(r->cause, CAUSE_WRITE);
	assert_int_equal(r->cause_limit_id, 1);
	assert_int_equal(r->cause_since_ns, kept->oom_times[0].boot_ns - 6000);

	lowered.oom.last_write = (struct limit_write){ 6000, UNLIMITED, 129 };
	r = run_of(kept, lowered);
	assert_int_equal(r->cause, CAUSE_LOWERED);
	assert_int_equal(r->cause_limit_id, 1);

	roomy.oom.last_write = (struct limit_write){ 6001, UNLIMITED, 128 };
	r = run_of(kept, roomy);
	assert_int_equal(r->cause, CAUSE_REACHED);
	assert_int_equal(r->cause_limit_id, 2);

	above.oom.limit_cgroup_id = SLICE_ID;
	r = run_of(kept, above);
	assert_int_equal(r->cause, CAUSE_ANCESTOR);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(r->cause_since_ns, 0);

	/* Inside a write by the stack alone: the latest one that was seen is another. */
	unseen.h.flags = OOM_IN_UNSEEN_WRITE;
	unseen.oom.last_write = (struct limit_write){ 6001, UNLIMITED, 128 };
	r = run_of(kept, unseen);
	assert_int_equal(r->cause, CAUSE_WRITE);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(r->cause_since_ns, 0);
	stop(kept);
}

/* Without the probes for writes, that no write is known says nothing. */
static void test_cause_without_probes(void **state)
{
	struct model_env env = { .page_size = PAGE, .on_record = on_record };
	struct kept *kept = start();
	union event above = oom(2, 42);

	(void)state;
	model__free(kept->model);
	env.ctx = kept;
	kept->model = model__new(&env);
	assert_non_null(kept->model);
	assert_int_equal(run_of(kept, oom(1, 42))->cause, CAUSE_UNKNOWN);
	above.oom.limit_cgroup_id = SLICE_ID;
	assert_int_equal(run_of(kept, above)->cause, CAUSE_ANCESTOR);
	stop(kept);
}

/* Runs inside a write are told before it is: they, it and the runs after it agree on its number. */
static void test_numbers_of_writes(void **state)
{
	struct kept *kept = start();
	union event inside = oom(1, 42), after = oom(2, 42);

	(void)state;
	inside.oom.in_write_ns = inside.oom.last_write.started_ns = 6000;
	after.oom.last_write.started_ns = 6000;
	assert_int_equal(run_of(kept, inside)->cause_limit_id, 1);
	send(kept, limit(5000)); /* of another cgroup, began earlier */
	send(kept, limit(6000));
	assert_int_equal(run_of(kept, after)->cause_limit_id, 1);
	assert_int_equal(kept->limits[0].id, 2);
	assert_int_equal(kept->limits[1].id, 1);
	stop(kept);
}

/* On another CPU a write can begin between a run's time stamp and its look at the last write. */
static void test_write_after_the_run(void **state)
{
	struct kept *kept = start();
	union event e = oom(1, 42);

	(void)state;
	e.oom.last_write = (struct limit_write){ 1000000, UNLIMITED, 200 };
	assert_int_equal(run_of(kept, e)->cause_since_ns, 0);
	stop(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_of_a_victim),
		cmocka_unit_test(test_many_victims_are_remembered),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_overlapping_writes),
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_cause_without_probes),
		cmocka_unit_test(test_numbers_of_writes),
		cmocka_unit_test(test_write_after_the_run),
	};

	return cmocka_run_group_tests_name("model, exits and causes", tests, NULL, NULL);
}
