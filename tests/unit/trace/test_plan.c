// SPDX-License-Identifier: GPL-2.0-only
/* What of a plan stands in a session record. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trace/plan.h"

static const struct record_probe *probe_of(const struct record_probe *probes, size_t count,
					   const char *purpose)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(probes[i].purpose, purpose))
			return &probes[i];
	}
	fail_msg("no purpose %s", purpose);
	return NULL;
}

/* A purpose in the plan of a target, after so many of its candidates have failed. */
static struct record_probe after(const char *purpose, int failures)
{
	struct record_probe probes[PLAN_PURPOSES];
	struct plan plan;
	size_t count;
	int i = 0;

	plan__init(&plan, &(struct plan_wants){ .target = true });
	while (strcmp(plan_purposes[i].name, purpose))
		i++;
	while (failures-- && plan__chosen(&plan, i))
		plan__fail(&plan, i, -EOPNOTSUPP);
	count = plan__probes(&plan, probes);
	assert_int_equal(count, PLAN_PURPOSES);
	return *probe_of(probes, count, purpose);
}

static void test_attached(void **state)
{
	struct record_probe probe = after("exit", 0);

	(void)state;
	assert_string_equal(probe.attached, "tp_btf sched_process_exit");
	assert_null(probe.lost);
	assert_int_equal(probe.error, 0);
}

/* What is lost is said only of what was wanted. */
static void test_not_attached(void **state)
{
	struct record_probe probe = after("exit", PLAN_CANDIDATES);

	(void)state;
	assert_null(probe.attached);
	assert_non_null(probe.lost);
	assert_int_equal(probe.error, -EOPNOTSUPP);
	probe = after("stacks", 0);
	assert_null(probe.attached);
	assert_null(probe.lost);
	assert_int_equal(probe.error, 0);
}

/* A kretprobe has no arguments: only with one is there a kprobe that notes them. */
static void test_notes(void **state)
{
	struct plan plan;
	int points = 0, notes;

	(void)state;
	plan__init(&plan, &(struct plan_wants){ .target = true });
	while (strcmp(plan_purposes[points].name, "candidate-points"))
		points++;
	notes = points - 1;
	assert_string_equal(plan_purposes[notes].name, "candidate");
	assert_null(plan__chosen(&plan, notes));
	assert_int_equal(plan__fail(&plan, points, -EOPNOTSUPP), 0);
	assert_string_equal(plan__chosen(&plan, points)->label, "kretprobe oom_badness");
	assert_string_equal(plan__chosen(&plan, notes)->label, "kprobe oom_badness");
	assert_int_equal(plan__fail(&plan, points, -EOPNOTSUPP), 0);
	assert_null(plan__chosen(&plan, points));
	assert_null(plan__chosen(&plan, notes));
	plan__init(&plan, &(struct plan_wants){ .split = true });
	assert_string_equal(plan__chosen(&plan, points)->label, "kretprobe oom_badness.part.0");
	assert_string_equal(plan__chosen(&plan, notes)->label, "kprobe oom_badness.part.0");
}

/* Where kprobes are shared, what is called often is BTF-typed all the same; and a shared kprobe before any other. */
static void test_often(void **state)
{
	struct plan plan;
	int points = 0, notes;

	(void)state;
	plan__init(&plan, &(struct plan_wants){ .shared = true });
	while (strcmp(plan_purposes[points].name, "candidate-points"))
		points++;
	notes = points - 1;
	assert_true(plan.in_steps);
	assert_int_equal(plan.choices[0].candidate, PLAN_SHARED);
	assert_string_equal(plan__chosen(&plan, points)->label, "fexit oom_badness");
	assert_null(plan__chosen(&plan, notes));
	assert_int_equal(plan__fail(&plan, points, -EOPNOTSUPP), 0);
	assert_int_equal(plan.choices[points].candidate, PLAN_SHARED);
	assert_int_equal(plan.choices[notes].candidate, PLAN_SHARED);
	assert_int_equal(plan__fail(&plan, points, -EOPNOTSUPP), 0);
	assert_string_equal(plan__chosen(&plan, points)->program, "kp_candidate_end");
	assert_int_equal(plan__fail(&plan, points, -EOPNOTSUPP), 0);
	assert_null(plan__chosen(&plan, points));
	plan__init(&plan, &(struct plan_wants){ .shared = true });
	plan__leave_split(&plan);
	assert_int_equal(plan.choices[points].candidate, PLAN_SHARED);
	assert_true(plan__waits_for_split(&plan, points));
}

/* Everybody pays for a kprobe at the end of a process: where kprobes are shared, too, it is what costs the least. */
static void test_relief(void **state)
{
	struct plan plan;
	int i = 0;

	(void)state;
	while (strcmp(plan_purposes[i].name, "relief"))
		i++;
	plan__init(&plan, &(struct plan_wants){ .shared = true });
	assert_string_equal(plan__chosen(&plan, i)->label, "tp_btf exit_mmap");
	assert_int_equal(plan__step(&plan, i), PLAN_LATER);
	plan__fail(&plan, i, -ESRCH);
	assert_string_equal(plan__chosen(&plan, i)->label, "fexit exit_mmap");
	plan__init(&plan, &(struct plan_wants){ .kprobes = true });
	assert_string_equal(plan__chosen(&plan, i)->label, "raw_tp exit_mmap");
	plan__fail(&plan, i, -ENOENT);
	assert_string_equal(plan__chosen(&plan, i)->label, "kprobe mm_put_huge_zero_page");
	plan__fail(&plan, i, -ENOENT);
	assert_null(plan__chosen(&plan, i));
}

/* What comes later isn't told as attached; and what could not be is told then. */
static void test_later(void **state)
{
	struct record_probe probes[PLAN_PURPOSES];
	struct plan plan;
	int late = 0, split = 0;

	(void)state;
	while (strcmp(plan_purposes[late].name, "relief"))
		late++;
	while (strcmp(plan_purposes[split].name, "candidate-points"))
		split++;
	plan__init(&plan, &(struct plan_wants){ .shared = true });
	plan.in_steps = true;
	plan__probes(&plan, probes);
	assert_false(probe_of(probes, PLAN_PURPOSES, "oom-begin")->later);
	assert_true(probes[late].later && probes[late].attached && probes[split].later);
	assert_int_equal(plan__missing(&plan, probes), 0);
	plan__give_up(&plan, late, -ENOENT);
	plan.has_rest = true;
	assert_int_equal(plan__missing(&plan, probes), 1);
	assert_string_equal(probes[0].purpose, "relief");
	assert_true(!probes[0].attached && probes[0].lost && probes[0].error == -ENOENT && !probes[0].later);
	/* Told after that, there is nothing that is still to come, but what waits for a function to be found. */
	plan__probes(&plan, probes);
	assert_false(probes[late].later);
	assert_non_null(probes[late].lost);
	assert_int_equal(plan__missing(&plan, probes), 0);
	plan__leave_split(&plan);
	plan__probes(&plan, probes);
	assert_true(probes[split].later);
	plan.knows_split = true;
	plan__probes(&plan, probes);
	assert_false(probes[split].later);
}

/* Where kprobes are shared, what tells more than kills comes later, unless other programs tell it. */
static void test_details(void **state)
{
	struct plan plan;
	int details = 0, kill = 0;

	(void)state;
	while (strcmp(plan_purposes[details].name, "details"))
		details++;
	while (strcmp(plan_purposes[kill].name, "victim-kill"))
		kill++;
	plan__init(&plan, &(struct plan_wants){ .target = true });
	assert_null(plan__chosen(&plan, details));
	assert_false(plan.choices[details].wanted || plan__is_shared(&plan));
	plan__init(&plan, &(struct plan_wants){ .shared = true });
	assert_string_equal(plan__chosen(&plan, details)->label, PLAN_TAIL_CALL);
	assert_int_equal(plan__step(&plan, details), PLAN_LATER);
	assert_true(plan__is_shared(&plan));
	assert_int_equal(plan__fail(&plan, details, -EINVAL), 0);
	assert_null(plan__chosen(&plan, details));
	assert_true(plan.choices[details].wanted && plan__is_shared(&plan));
	plan__leave_more(&plan);
	assert_false(plan.choices[details].wanted || plan.choices[details].error);
	/* A BTF-typed program tells all, and needs what that takes. */
	assert_int_equal(plan__fail(&plan, kill, -EINVAL), 0);
	assert_non_null(plan__chosen(&plan, kill));
	assert_false(plan__is_shared(&plan));
}

/* Without snapshots nothing is attached for them, and nothing is lost. */
static void test_snapshot(void **state)
{
	struct record_probe probes[PLAN_PURPOSES];
	const struct record_probe *probe;
	struct plan plan;
	size_t count;
	int i = 0;

	(void)state;
	plan__init(&plan, &(struct plan_wants){ .target = true });
	count = plan__probes(&plan, probes);
	probe = probe_of(probes, count, "open-files");
	assert_true(!probe->attached && !probe->lost);
	plan__init(&plan, &(struct plan_wants){ .target = true, .snapshot = true });
	while (strcmp(plan_purposes[i].name, "open-files"))
		i++;
	assert_string_equal(plan__chosen(&plan, i)->label, "iter task");
	assert_int_equal(plan__fail(&plan, i, -EINVAL), 0);
	count = plan__probes(&plan, probes);
	assert_non_null(probe_of(probes, count, "open-files")->lost);
	/* It is of the second step. */
	plan__init(&plan, &(struct plan_wants){ .shared = true, .snapshot = true });
	assert_int_equal(plan__step(&plan, i), PLAN_LATER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attached), cmocka_unit_test(test_not_attached),
		cmocka_unit_test(test_notes),	 cmocka_unit_test(test_often),
		cmocka_unit_test(test_relief),	 cmocka_unit_test(test_later),
		cmocka_unit_test(test_details),	 cmocka_unit_test(test_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
