// SPDX-License-Identifier: GPL-2.0-only
/* What a run of the OOM killer is made of when all of its events come. */
#include "model/model_events.h"

static void test_victim_fields(void **state)
{
	struct kept *kept = start();
	const struct record_victim *v;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, VICTIM_NS_INIT | VICTIM_CMDLINE_CUT));
	send(kept, end(1, 1, 1));
	v = kept->ooms[0].victims;
	assert_int_equal(v->pid, 42);
	assert_int_equal(v->role, ROLE_CHOSEN);
	assert_true(v->has_points && v->has_mm && v->rss_exact && v->init && v->cmdline_cut);
	assert_int_equal(v->points, 77);
	assert_int_equal(v->total_vm_bytes, 10 * PAGE);
	assert_int_equal(v->anon_rss_bytes, 5 * PAGE);
	assert_int_equal(v->file_rss_bytes, 4 * PAGE);
	assert_int_equal(v->shmem_rss_bytes, 0);
	assert_int_equal(v->swap_bytes, PAGE);
	assert_int_equal(v->pgtables_bytes, 8192);
	assert_int_equal(v->oom_score_adj, -5);
	assert_int_equal(v->uid, 1000);
	assert_string_equal(v->comm, "hog");
	assert_string_equal(v->cgroup, DOCKER_PATH);
	assert_int_equal(v->container.ref.runtime, CONTAINER__DOCKER);
	assert_string_equal(v->container.ref.id, DOCKER_ID);
	assert_string_equal(v->container.name, "web");
	assert_int_equal(v->cmdline_len, 4); /* without the NULs at its end */
	assert_memory_equal(v->cmdline, "x\0-m", 4);
	assert_string_equal(v->cmdline_source, "kill");
	assert_int_equal(kept->cmdline_calls, 0);
	stop(kept);
}

/* The chain runs from the leaf to the root; "no limit" is RECORD_NO_LIMIT, anything less is a number. */
static void test_chain_and_limits(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, end(1, 1, 1));
	assert_int_equal(r->chain_count, 3);
	assert_string_equal(r->chain[0].path, DOCKER_PATH);
	assert_string_equal(r->chain[1].path, "/system.slice");
	assert_string_equal(r->chain[2].path, "/");
	assert_true(r->chain[0].is_limit && !r->chain[1].is_limit && !r->chain[2].is_limit);
	assert_true(r->chain[0].has_memory && !r->chain[2].has_memory && !r->chain[2].has_swap);
	assert_int_equal(r->chain[0].usage_bytes, 200 * PAGE);
	assert_int_equal(r->chain[0].max_bytes, 128 * PAGE);
	assert_int_equal(r->chain[0].high_bytes, RECORD_NO_LIMIT);
	assert_int_equal(r->chain[0].peak_bytes, 1000 * PAGE);
	assert_int_equal(r->chain[0].swap_usage_bytes, 3 * PAGE);
	assert_int_equal(r->chain[0].swap_max_bytes, (UNLIMITED - 1) * PAGE);
	assert_int_equal(r->chain[1].max_bytes, 512 * PAGE);
	assert_true(r->chain[2].max_bytes == RECORD_NO_LIMIT);
	assert_non_null(r->limit);
	assert_string_equal(r->limit->path, DOCKER_PATH);
	assert_string_equal(r->limit_container.ref.id, DOCKER_ID);
	stop(kept);
}

/* A kernel or a hierarchy without swap accounting: memory's figures are known, swap's are not. */
static void test_no_swap_accounting(void **state)
{
	struct kept *kept = start();
	union event e = docker_level(1);

	(void)state;
	e.h.flags = CGROUP_HAS_MEMORY;
	send(kept, e);
	send(kept, oom(1, 42));
	send(kept, end(1, 0, 0));
	assert_true(kept->ooms[0].limit->has_memory);
	assert_false(kept->ooms[0].limit->has_swap);
	stop(kept);
}

static void test_max_conversion(void **state)
{
	static const uint64_t unlimited[] = { UNLIMITED, UNLIMITED + 1, INT64_MAX, UINT64_MAX };
	struct kept *kept = start();

	(void)state;
	for (uint64_t i = 0; i < 4; i++) {
		union event e = limit(i + 1);

		e.limit.old_pages = unlimited[i];
		e.limit.new_pages = i ? UNLIMITED - i : 0;
		send(kept, e);
		assert_int_equal(kept->limits[i].old_max_bytes, RECORD_NO_LIMIT);
		assert_int_equal(kept->limits[i].new_max_bytes, i ? (UNLIMITED - i) * PAGE : 0);
	}
	stop(kept);
}

/* memory.oom.group: the scan may visit the first victim again, and the kernel logs it again. */
static void test_group_kill(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, victim(1, 43, VICTIM_GROUP));
	send(kept, victim(1, 42, VICTIM_GROUP));
	send(kept, victim(1, 44, VICTIM_GROUP));
	send(kept, end(1, 4, 4));
	assert_int_equal(r->victim_count, 4);
	assert_int_equal(r->killed, 3);
	assert_false(r->incomplete);
	assert_int_equal(r->victims[0].role, ROLE_CHOSEN);
	assert_int_equal(r->victims[1].role, ROLE_GROUP);
	assert_int_equal(r->victims[2].role, ROLE_GROUP);
	assert_true(!r->victims[0].repeated && !r->victims[1].repeated);
	assert_true(r->victims[2].repeated && !r->victims[3].repeated);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(r->victims[i].has_points, i == 0);
	assert_int_equal(model__totals(kept->model).kills, 3);
	stop(kept);
}

static void test_shares_mm(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, victim(1, 45, VICTIM_SHARES_MM));
	send(kept, end(1, 2, 1));
	assert_int_equal(r->victims[1].role, ROLE_SHARES_MM);
	assert_false(r->victims[1].has_points);
	assert_int_equal(r->killed, 2);
	assert_false(r->incomplete);
	stop(kept);
}

/* The task that asked for memory was exiting already: marked, not killed. */
static void test_exiting(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	union event e = oom(1, 0);

	(void)state;
	e.oom.outcome = OOM_EXITING;
	send_chain(kept, 1);
	send(kept, e);
	send(kept, victim(1, 42, VICTIM_EXITING));
	send(kept, end(1, 1, 0));
	assert_int_equal(r->outcome, OOM_EXITING);
	assert_int_equal(r->victims[0].role, ROLE_EXITING);
	assert_false(r->victims[0].has_points);
	assert_int_equal(r->killed, 0);
	assert_int_equal(model__totals(kept->model).kills, 0);
	send(kept, gone(42, 1042));
	assert_false(kept->exits[0].oom_victim);
	stop(kept);
}

static void test_no_victim(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	union event e = oom(1, 0);

	(void)state;
	e.oom.outcome = OOM_NO_VICTIM;
	e.oom.waits = 3;
	e.oom.repeats = 8;
	send_chain(kept, 1);
	send(kept, e);
	send(kept, end(1, 0, 0));
	assert_int_equal(r->outcome, OOM_NO_VICTIM);
	assert_int_equal(r->victim_count, 0);
	assert_int_equal(r->killed, 0);
	assert_int_equal(r->waits, 3);
	assert_int_equal(r->repeats, 8);
	assert_false(r->incomplete);
	assert_int_equal(r->chain_count, 3); /* the limit's */
	stop(kept);
}

static void test_whole_machine(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	union event e = oom(1, 42), sysrq = oom(2, 43);

	(void)state;
	e.oom.limit_cgroup_id = 0;
	e.oom.constraint = 0;
	send_chain(kept, 1);
	send(kept, e);
	send(kept, victim(1, 42, 0));
	send(kept, end(1, 1, 1));
	assert_true(r->whole_machine && !r->sysrq);
	assert_null(r->limit);
	assert_int_equal(r->cause, CAUSE_WHOLE_MACHINE);
	assert_string_equal(r->constraint, "none");
	for (size_t i = 0; i < r->chain_count; i++)
		assert_false(r->chain[i].is_limit);

	sysrq.oom.limit_cgroup_id = 0;
	sysrq.oom.order = -1;
	sysrq.oom.constraint = 4; /* one that we don't know */
	sysrq.oom.started_ns = 0; /* not seen */
	send(kept, sysrq);
	send(kept, end(2, 0, 0));
	assert_true(r[1].sysrq && r[1].whole_machine);
	assert_int_equal(r[1].cause, CAUSE_SYSRQ);
	assert_null(r[1].constraint);
	assert_int_equal(r[1].started_ns, 0);
	assert_int_equal(r[1].duration_ns, 0);
	stop(kept);
}

/* Points are those of the chosen task: of no other victim, and of none when that is unknown. */
static void test_points_only_for_the_chosen(void **state)
{
	struct kept *kept = start();

	(void)state;
	send(kept, oom(1, 99)); /* the victim is a child or a sibling of the chosen */
	send(kept, victim(1, 42, 0));
	send(kept, end(1, 1, 1));
	assert_false(kept->ooms[0].victims[0].has_points);

	send(kept, victim(2, 42, 0)); /* and none is known when the run's event is lost */
	send(kept, end(2, 1, 1));
	assert_false(kept->ooms[1].victims[0].has_points);
	stop(kept);
}

static void test_init(void **state)
{
	struct kept *kept = start_with(43, 0);

	(void)state;
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, VICTIM_NS_INIT));
	send(kept, victim(1, 43, VICTIM_GROUP));
	send(kept, end(1, 2, 2));
	assert_false(kept->ooms[0].victims[0].init);
	assert_true(kept->ooms[0].victims[1].init);
	stop(kept);
}

/* What the event lacks is asked for at once; what can't be found stays unknown, as do figures. */
static void test_unknown_of_a_victim(void **state)
{
	struct kept *kept = start();
	union event found = victim(1, 42, 0), lost = victim(1, 404, VICTIM_GROUP);
	const struct record_victim *v;

	(void)state;
	/* Killed while it cleared its arguments for a title: as good as none. */
	found.victim.cmdline_len = 8;
	memset(found.victim.cmdline, 0, 8);
	lost.victim.cmdline_len = 0;
	lost.h.flags = VICTIM_GROUP;
	send(kept, found);
	assert_int_equal(kept->cmdline_calls, 1);
	send(kept, lost);
	assert_int_equal(kept->cmdline_calls, 2);
	send(kept, end(1, 2, 2));
	v = kept->ooms[0].victims;
	assert_string_equal(v[0].cmdline_source, "earlier");
	assert_int_equal(v[0].cmdline_len, 4);
	assert_memory_equal(v[0].cmdline, "a\0bc", 4);
	assert_null(v[1].cmdline);
	assert_null(v[1].cmdline_source);
	assert_false(v[1].has_mm);
	stop(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_victim_fields),
		cmocka_unit_test(test_chain_and_limits),
		cmocka_unit_test(test_no_swap_accounting),
		cmocka_unit_test(test_max_conversion),
		cmocka_unit_test(test_group_kill),
		cmocka_unit_test(test_shares_mm),
		cmocka_unit_test(test_exiting),
		cmocka_unit_test(test_no_victim),
		cmocka_unit_test(test_whole_machine),
		cmocka_unit_test(test_points_only_for_the_chosen),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_unknown_of_a_victim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
