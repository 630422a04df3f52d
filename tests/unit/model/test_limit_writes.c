// SPDX-License-Identifier: GPL-2.0-only
/* Records of writes of limits and their numbers: overlapping, many, before and after their kills. */
#include "model/limit_writes.h"
#include "model/model_events.h"

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
	assert_int_equal(r->old_max_bytes, RECORD_NO_LIMIT);
	assert_int_equal(r->new_max_bytes, 50 * PAGE);
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

/* Another write has changed the limit before this one returned. */
static void test_what_it_set(void **state)
{
	struct kept *kept = start();
	union event e = limit(1);

	(void)state;
	strcpy(e.limit.text, "256K\n");
	send(kept, e);
	strcpy(e.limit.text, "max\n");
	send(kept, e);
	strcpy(e.limit.text, "lots\n"); /* the kernel knows a way that we don't */
	send(kept, e);
	strcpy(e.limit.text, "256K\n");
	e.limit.result = -EBUSY;
	send(kept, e);
	assert_int_equal(kept->limits[0].new_max_bytes, 64 * PAGE);
	assert_int_equal(kept->limits[1].new_max_bytes, RECORD_NO_LIMIT);
	assert_int_equal(kept->limits[2].new_max_bytes, 50 * PAGE);
	assert_int_equal(kept->limits[3].new_max_bytes, 50 * PAGE);
	stop(kept);
}

/* Runs inside a write are told before it is: they, it and the runs after it agree on its number. */
static void test_numbers_of_writes(void **state)
{
	struct kept *kept = start();
	union event inside = oom(1, 42), after = oom(2, 42);

	(void)state;
	inside.oom.in_write_ns = inside.oom.last_write.started_ns = 3000;
	after.oom.last_write = (struct limit_write){ .started_ns = 3000, .text = "512K\n" };
	assert_int_equal(run_of(kept, inside)->cause_limit_id, 1);
	send(kept, limit(2000)); /* of another cgroup, began earlier */
	send(kept, limit(3000));
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
	e.oom.last_write = (struct limit_write){ 1000000, UNLIMITED, 200, "512K\n" };
	assert_int_equal(run_of(kept, e)->cause_since_ns, 0);
	assert_int_equal(kept->ooms[0].cause_limit_id, 0);
	stop(kept);
}

static void test_too_many_writes(void **state)
{
	struct kept *kept = start();

	(void)state;
	for (uint64_t id = 1; id <= LIMIT_WRITES_PENDING + 1; id++)
		send_chain(kept, GROUP_LIMIT | id);
	send(kept, limit(1)); /* the oldest was given up */
	assert_null(kept->limits[0].cgroup);
	send(kept, limit(LIMIT_WRITES_PENDING + 1));
	assert_string_equal(kept->limits[1].cgroup, DOCKER_PATH);
	stop(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_overlapping_writes),
		cmocka_unit_test(test_what_it_set),
		cmocka_unit_test(test_numbers_of_writes),
		cmocka_unit_test(test_write_after_the_run),
		cmocka_unit_test(test_too_many_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
