// SPDX-License-Identifier: GPL-2.0-only
/* The rule for each cause, and what is said when writes of limits are not seen. */
#include "model/model_events.h"

static void ask(struct limit_write *write, const char *text)
{
	snprintf(write->text, sizeof(write->text), "%s", text);
}

static void test_causes(void **state)
{
	struct kept *kept = start();
	union event in_write = oom(1, 42), lowered = oom(2, 42), roomy = oom(3, 42);
	union event above = oom(4, 42), unseen = oom(5, 42), refused = oom(6, 42), observed = oom(7, 42);
	const struct record_oom *r;

	(void)state;
	in_write.oom.in_write_ns = 3000;
	in_write.oom.last_write = (struct limit_write){ 3000, UNLIMITED, 200, "512K\n" };
	r = run_of(kept, in_write);
	assert_int_equal(r->cause, CAUSE_INSIDE_WRITE);
	assert_int_equal(r->cause_limit_id, 1);
	assert_int_equal(r->cause_since_ns, kept->oom_times[0].boot_ns - 3000);

	lowered.oom.last_write = (struct limit_write){ 3000, UNLIMITED, 129, "512K\n" };
	r = run_of(kept, lowered);
	assert_int_equal(r->cause, CAUSE_LIMIT_LOWERED);
	assert_int_equal(r->cause_limit_id, 1);

	roomy.oom.last_write = (struct limit_write){ 3001, UNLIMITED, 128, "512K\n" };
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
	unseen.oom.last_write = (struct limit_write){ 3001, UNLIMITED, 128, "512K\n" };
	r = run_of(kept, unseen);
	assert_int_equal(r->cause, CAUSE_INSIDE_WRITE);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(r->cause_since_ns, 0);

	/* Whoever looked is the cause, whatever was written before; but not in a write of the limit itself. */
	observed.h.flags = OOM_IN_REMOTE_ACCESS;
	observed.oom.trigger_cgroup_id = SLICE_ID;
	observed.oom.last_write = (struct limit_write){ 3000, UNLIMITED, 129, "512K\n" };
	r = run_of(kept, observed);
	assert_int_equal(r->cause, CAUSE_OBSERVER);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(r->cause_since_ns, 0);
	observed.h.group = 8;
	observed.oom.in_write_ns = 3000;
	r = run_of(kept, observed);
	assert_int_equal(r->cause, CAUSE_INSIDE_WRITE);
	stop(kept);
}

/* Below the limit, one fills it by what one looks at, too; and where one is may not be known. */
static void test_where_an_observer_is(void **state)
{
	struct kept *kept = start();
	union event observed = oom(1, 42);

	(void)state;
	observed.h.flags = OOM_IN_REMOTE_ACCESS;
	observed.oom.last_write = (struct limit_write){ 3000, UNLIMITED, 129, "512K\n" };
	assert_int_equal(run_of(kept, observed)->cause, CAUSE_LIMIT_LOWERED);
	observed.h.group = 2;
	observed.oom.trigger_cgroup_id = SLICE_ID;
	assert_int_equal(run_of(kept, observed)->cause, CAUSE_OBSERVER);
	observed.h.group = 3;
	observed.oom.trigger_cgroup_id = SSH_ID;
	assert_int_equal(run_of(kept, observed)->cause, CAUSE_NOT_KNOWN);
	stop(kept);
}

/* What the limit is tells that the last write that was seen isn't the one that set it. */
static void test_missed_writes(void **state)
{
	struct kept *kept = start();
	/* Of other figures, and one that the kernel refuses. */
	static const char *const others[] = { "508K\n", "516K\n", "max\n", "lots\n" };
	union event missed = oom(1, 42), later = oom(2, 42), e = oom(3, 42);
	const struct record_oom *r;

	(void)state;
	missed.h.flags = OOM_WRITE_MISSED;
	/* The run began at 4000. */
	later.oom.last_write = (struct limit_write){ 4002, 64, 129, "512K\n" };
	later.oom.write_before = (struct limit_write){ 4001, UNLIMITED, 129, "256K\n" };
	e.oom.last_write = (struct limit_write){ 3000, UNLIMITED, 129, "" };
	r = run_of(kept, missed);
	assert_int_equal(r->cause, CAUSE_NOT_KNOWN);
	assert_int_equal(r->cause_not_known, NOT_KNOWN_OTHER_WRITE);
	assert_int_equal(r->cause_limit_id, 0);
	r = run_of(kept, later);
	assert_int_equal(r->cause, CAUSE_NOT_KNOWN);
	assert_int_equal(r->cause_not_known, NOT_KNOWN_LATER_WRITE);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(r->cause_since_ns, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		e.h.group = 3 + i;
		ask(&e.oom.last_write, others[i]);
		r = run_of(kept, e);
		assert_int_equal(r->cause, CAUSE_NOT_KNOWN);
		assert_int_equal(r->cause_not_known, NOT_KNOWN_OTHER_WRITE);
	}
	/* The ancestor's limit isn't known to have stood there either: it is four times as much. */
	e.h.group = 20;
	e.oom.limit_cgroup_id = SLICE_ID;
	ask(&e.oom.last_write, "512K\n");
	assert_int_equal(run_of(kept, e)->cause, CAUSE_NOT_KNOWN);
	e.h.group = 21;
	ask(&e.oom.last_write, "2M\n");
	assert_int_equal(run_of(kept, e)->cause, CAUSE_ANCESTOR_LIMIT);
	/* Certain, and so nothing is looked at; the beginning of a run that isn't known is no time to compare with. */
	later.h.group = 22;
	later.h.flags = OOM_IN_UNSEEN_WRITE;
	assert_int_equal(run_of(kept, later)->cause, CAUSE_INSIDE_WRITE);
	later.h.group = 23;
	later.h.flags = 0;
	later.oom.started_ns = 0;
	r = run_of(kept, later);
	assert_int_equal(r->cause, CAUSE_LIMIT_LOWERED);
	assert_int_equal(r->cause_not_known, NOT_KNOWN_UNSAID);
	stop(kept);
}

/* Of a write that began while the OOM killer ran: the one before it had set the limit that was hit. */
static void test_write_meanwhile(void **state)
{
	struct kept *kept = start();
	union event later = oom(1, 42);
	const struct record_oom *r;

	(void)state;
	later.oom.last_write = (struct limit_write){ 4002, 64, 129, "512K\n" };
	later.oom.write_before = (struct limit_write){ 3000, UNLIMITED, 129, "256K\n" };
	r = run_of(kept, later);
	assert_int_equal(r->cause, CAUSE_LIMIT_LOWERED);
	assert_int_equal(r->cause_since_ns, kept->oom_times[kept->oom_count - 1].boot_ns - 3000);
	later.oom.write_before.usage_pages = 64;
	later.h.group = 25;
	assert_int_equal(run_of(kept, later)->cause, CAUSE_LIMIT_UNCHANGED);
	ask(&later.oom.write_before, "260K\n");
	later.h.group = 26;
	assert_int_equal(run_of(kept, later)->cause, CAUSE_NOT_KNOWN);
	later.oom.write_before = (struct limit_write){ .started_ns = LIMIT_WRITE_MISSED };
	later.h.group = 27;
	assert_int_equal(run_of(kept, later)->cause, CAUSE_NOT_KNOWN);
	later.oom.write_before.started_ns = 0; /* nobody had written it since the trace began */
	later.h.group = 28;
	r = run_of(kept, later);
	assert_int_equal(r->cause, CAUSE_LIMIT_UNCHANGED);
	assert_int_equal(r->cause_limit_id, 0);
	/* Without a limit nothing runs out of memory: a write between these two was missed. */
	later.oom.last_write.old_pages = UNLIMITED;
	later.oom.write_before = (struct limit_write){ 3000, 128, 129, "max\n" };
	later.h.group = 29;
	r = run_of(kept, later);
	assert_int_equal(r->cause, CAUSE_NOT_KNOWN);
	assert_int_equal(r->cause_not_known, NOT_KNOWN_OTHER_WRITE);
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
		cmocka_unit_test(test_where_an_observer_is),
		cmocka_unit_test(test_missed_writes),
		cmocka_unit_test(test_write_meanwhile),
		cmocka_unit_test(test_cause_without_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
