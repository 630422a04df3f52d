// SPDX-License-Identifier: GPL-2.0-only
/* The rule for each cause, and what is said when writes of limits are not seen. */
#include "model/model_events.h"

static void test_causes(void **state)
{
	struct kept *kept = start();
	union event in_write = oom(1, 42), lowered = oom(2, 42), roomy = oom(3, 42);
	union event above = oom(4, 42), unseen = oom(5, 42), refused = oom(6, 42), observed = oom(7, 42);
	const struct record_oom *r;

	(void)state;
	in_write.oom.in_write_ns = 6000;
	in_write.oom.last_write = (struct limit_write){ 6000, UNLIMITED, 200 };
	r = run_of(kept, in_write);
	assert_int_equal(r->cause, CAUSE_INSIDE_WRITE);
	assert_int_equal(r->cause_limit_id, 1);
	assert_int_equal(r->cause_since_ns, kept->oom_times[0].boot_ns - 6000);

	lowered.oom.last_write = (struct limit_write){ 6000, UNLIMITED, 129 };
	r = run_of(kept, lowered);
	assert_int_equal(r->cause, CAUSE_LIMIT_LOWERED);
	assert_int_equal(r->cause_limit_id, 1);

	roomy.oom.last_write = (struct limit_write){ 6001, UNLIMITED, 128 };
	r = run_of(kept, roomy);
	assert_int_equal(r->cause, CAUSE_LIMIT_UNCHANGED);
	assert_int_equal(r->cause_limit_id, 2);

	above.oom.limit_cgroup_id = SLICE_ID;
	r = run_of(kept, above);
	assert_int_equal(r->cause, CAUSE_ANCESTOR_LIMIT);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(r->cause_since_ns, 0);

	/* There was no room to note who wrote this limit. */
	refused.h.flags = OOM_WRITES_NOT_KNOWN;
	r = run_of(kept, refused);
	assert_int_equal(r->cause, CAUSE_NOT_KNOWN);
	assert_int_equal(r->cause_limit_id, 0);

	/* Inside a write by the stack alone: the latest one that was seen is another. */
	unseen.h.flags = OOM_IN_UNSEEN_WRITE;
	unseen.oom.last_write = (struct limit_write){ 6001, UNLIMITED, 128 };
	r = run_of(kept, unseen);
	assert_int_equal(r->cause, CAUSE_INSIDE_WRITE);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(r->cause_since_ns, 0);

	/* Whoever looked is the cause, whatever was written before; but not in a write of the limit itself. */
	observed.h.flags = OOM_IN_REMOTE_ACCESS;
	observed.oom.last_write = (struct limit_write){ 6000, UNLIMITED, 129 };
	r = run_of(kept, observed);
	assert_int_equal(r->cause, CAUSE_OBSERVER);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(r->cause_since_ns, 0);
	observed.h.group = 8;
	observed.oom.in_write_ns = 6000;
	r = run_of(kept, observed);
	assert_int_equal(r->cause, CAUSE_INSIDE_WRITE);
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
	assert_int_equal(run_of(kept, oom(1, 42))->cause, CAUSE_NOT_KNOWN);
	above.oom.limit_cgroup_id = SLICE_ID;
	assert_int_equal(run_of(kept, above)->cause, CAUSE_ANCESTOR_LIMIT);
	stop(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_cause_without_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
