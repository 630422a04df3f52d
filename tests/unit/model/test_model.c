// SPDX-License-Identifier: GPL-2.0-only
/* One kill from its events to its record, and the exits of victims. */
#include "model/model_events.h"

static void test_single_kill(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, VICTIM_NS_INIT));
	assert_int_equal(kept->oom_count, 0);
	send(kept, end(1, 1, 1));
	assert_int_equal(kept->oom_count, 1);
	assert_int_equal(r->id, 1);
	assert_int_equal(r->outcome, OOM_KILLED);
	assert_string_equal(r->constraint, "memcg");
	assert_int_equal(kept->oom_times[0].boot_ns, 9000);
	assert_int_equal(kept->oom_times[0].wall_ns, WALL_OFFSET + 9000);
	assert_int_equal(r->started_ns, 4000);
	assert_int_equal(r->duration_ns, 11000 - 4000);
	assert_int_equal(r->totalpages_bytes, 128 * PAGE);
	assert_int_equal(r->trigger_pid, 50);
	assert_int_equal(r->trigger_tid, 51);
	assert_string_equal(r->trigger_comm, "trigger");
	assert_string_equal(r->trigger_cgroup, DOCKER_PATH);
	assert_int_equal(r->gfp_mask, 0xcc0);
	assert_false(r->whole_machine || r->sysrq || r->incomplete);
	assert_int_equal(r->victim_count, 1);
	assert_int_equal(r->killed, 1);
	assert_int_equal(r->missing, 0);
	assert_int_equal(r->cause, CAUSE_LIMIT_UNCHANGED);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(model__totals(kept->model).ooms, 1);
	assert_int_equal(model__totals(kept->model).kills, 1);
	stop(kept);
}

/* What a process had of its resource limits, where that is known and there is a limit. */
static void test_resource_limits(void **state)
{
	union event end = gone(42, 1042);
	struct kept *kept = start();
	const struct record_exit *r = kept->exits;

	(void)state;
	end.exit.vm_pages = 7;
	end.exit.vm_max_bytes = 8 * PAGE;
	end.exit.data_pages = 3;
	end.exit.data_max_bytes = UINT64_MAX;
	send(kept, end);
	end.h.flags |= EXIT_HAS_SIZE;
	send(kept, end);
	assert_false(r[0].address_space.has || r[0].data.has || r[1].data.has);
	assert_true(r[1].address_space.has);
	assert_int_equal(r[1].address_space.bytes, 7 * PAGE);
	assert_int_equal(r[1].address_space.max_bytes, 8 * PAGE);
	stop(kept);
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single_kill),	 cmocka_unit_test(test_resource_limits),
		cmocka_unit_test(test_exit_of_a_victim), cmocka_unit_test(test_many_victims_are_remembered),
		cmocka_unit_test(test_freed_while_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
