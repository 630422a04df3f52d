// SPDX-License-Identifier: GPL-2.0-only
/* What changes of a limit led to: kills inside and after, how many were needed, conclusions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/limit_steps.h"

#define MIB (1024ULL * 1024)

static struct record change(uint64_t id, uint64_t from_mib, uint64_t to_mib)
{
	return (struct record){
		.kind = RECORD_LIMIT,
		.time = { .boot_ns = id * 1000000000 },
		.limit = {
			.id = id,
			.file = LIMIT_MAX,
			.cgroup = "/t",
			.writer_self = true,
			.old_max_bytes = from_mib * MIB,
			.new_max_bytes = to_mib * MIB,
			.duration_ns = 1000,
			.result = 4,
		},
	};
}

/* A run of the OOM killer with up to 4 victims of `victim_mib` each. */
static void kill_some(struct limit_steps *s, enum record_cause cause, uint64_t limit_id, uint64_t usage_mib,
		      uint64_t max_mib, size_t victims, uint64_t victim_mib)
{
	struct record_level limit = { .usage_bytes = usage_mib * MIB, .max_bytes = max_mib * MIB };
	struct record_victim v[4] = {};
	struct record oom = {
		.kind = RECORD_OOM,
		.time = { .boot_ns = limit_id * 1000000000 + 5000 },
		.oom = {
			.cause = cause,
			.cause_limit_id = limit_id,
			.cause_since_ns = 500,
			.limit = &limit,
			.victims = v,
			.victim_count = victims,
			.killed = victims,
		},
	};

	for (size_t i = 0; i < victims; i++)
		v[i].anon_rss_bytes = victim_mib * MIB;
	limit_steps__on_oom(s, &oom);
}

static void test_kills_inside_and_after(void **state)
{
	struct limit_steps *s = limit_steps__new("/t");
	struct record first = change(1, 512, 400), second = change(2, 400, 300);
	const struct record_step *step;

	(void)state;
	kill_some(s, CAUSE_INSIDE_WRITE, 1, 500, 400, 1, 60);
	kill_some(s, CAUSE_INSIDE_WRITE, 1, 440, 400, 2, 60);
	assert_null(limit_steps__on_limit(s, &first));
	kill_some(s, CAUSE_LIMIT_LOWERED, 1, 400, 400, 1, 60);
	step = limit_steps__on_limit(s, &second);
	assert_non_null(step);
	assert_int_equal(step->killed_inside, 3);
	assert_int_equal(step->killed_after, 1);
	assert_true(step->has_first_kill);
	assert_int_equal(step->first_kill_ns, 500);
	/* 100 MiB too much and 60 a victim: the second was enough, the third was one too many. */
	assert_true(step->has_needed);
	assert_int_equal(step->needed, 2);
	assert_true(step->alive);
	limit_steps__free(s);
}

/* A charge fails at the new limit while the write that set it is still going on. */
static void test_kill_beside_the_write(void **state)
{
	struct limit_steps *s = limit_steps__new("/t");
	struct record first = change(1, 512, 400), second = change(2, 400, 20);
	struct record_level limit = { .path = "/t", .usage_bytes = 20 * MIB, .max_bytes = 20 * MIB };
	struct record_level above = { .path = "/", .usage_bytes = 20 * MIB, .max_bytes = 20 * MIB };
	struct record_victim v = {};
	struct record oom = {
		.kind = RECORD_OOM,
		.oom = {
			.cause = CAUSE_LIMIT_LOWERED,
			.cause_limit_id = 2,
			.limit = &limit,
			.victims = &v,
			.victim_count = 1,
			.killed = 1,
		},
	};

	(void)state;
	limit_steps__on_limit(s, &first);
	limit_steps__on_oom(s, &oom);
	oom.oom.limit = &above; /* a write of another cgroup's limit: it is the present step's */
	oom.oom.cause_limit_id = 3;
	limit_steps__on_oom(s, &oom);
	limit_steps__on_limit(s, &second);
	limit_steps__close(s, true);
	assert_int_equal(limit_steps__table(s).steps[0].killed_after, 1);
	assert_int_equal(limit_steps__table(s).steps[1].killed_after, 1);
	assert_int_equal(limit_steps__table(s).steps[1].killed_inside, 0);
	limit_steps__free(s);
}

static void test_conclusions(void **state)
{
	struct limit_steps *s = limit_steps__new("/t");
	struct record first = change(1, 512, 400), second = change(2, 400, 20);
	struct record_steps table;

	(void)state;
	limit_steps__on_limit(s, &first);
	kill_some(s, CAUSE_INSIDE_WRITE, 2, 390, 20, 4, 90);
	limit_steps__on_limit(s, &second);
	assert_non_null(limit_steps__close(s, false));
	table = limit_steps__table(s);
	assert_int_equal(table.count, 2);
	assert_true(table.has_first_kill);
	assert_int_equal(table.first_kill_max_bytes, 20 * MIB);
	assert_true(table.died);
	assert_int_equal(table.died_max_bytes, 20 * MIB);
	assert_int_equal(table.old_max_bytes, 512 * MIB);
	assert_int_equal(table.steps[0].killed_inside + table.steps[0].killed_after, 0);
	/* 4 x 90 MiB don't make up for 370 MiB: that they were needed isn't known. */
	assert_false(table.steps[1].has_needed);
	assert_null(limit_steps__close(s, false));
	limit_steps__free(s);
}

static void test_what_is_no_step(void **state)
{
	struct limit_steps *s = limit_steps__new("/t");
	struct record other = change(1, 512, 400), high = change(2, 512, 400);
	struct record failed = change(3, 512, 400), lost = change(4, 512, 400);

	(void)state;
	other.limit.cgroup = "/t/child";
	high.limit.file = LIMIT_HIGH;
	failed.limit.result = -22;
	lost.limit.cgroup = NULL;
	limit_steps__on_limit(s, &other);
	limit_steps__on_limit(s, &high);
	limit_steps__on_limit(s, &failed);
	limit_steps__on_limit(s, &lost);
	assert_int_equal(limit_steps__table(s).count, 0);
	assert_false(limit_steps__table(s).died);
	limit_steps__free(s);
}

/* Somebody else's write that leaves the limit as it was: kills after it belong to the write before. Our own is a step. */
static void test_writes_of_the_same(void **state)
{
	struct limit_steps *s = limit_steps__new("/t");
	struct record first = change(1, 512, 400), same = change(2, 400, 400);
	struct record own = change(3, 400, 400);

	(void)state;
	same.limit.writer_self = false;
	limit_steps__on_limit(s, &same);
	assert_int_equal(limit_steps__table(s).count, 0);
	limit_steps__on_limit(s, &first);
	assert_null(limit_steps__on_limit(s, &same));
	kill_some(s, CAUSE_LIMIT_UNCHANGED, 0, 400, 400, 1, 400);
	assert_non_null(limit_steps__on_limit(s, &own));
	assert_int_equal(limit_steps__table(s).count, 2);
	assert_int_equal(limit_steps__table(s).steps[0].killed_after, 1);
	limit_steps__free(s);
}

static void test_bounded(void **state)
{
	struct limit_steps *s = limit_steps__new("/t");

	(void)state;
	for (uint64_t i = 1; i <= STEPS_MAX + 10; i++) {
		struct record l = change(i, 2, 1);

		kill_some(s, CAUSE_INSIDE_WRITE, i, 2, 1, 1, 1);
		limit_steps__on_limit(s, &l);
	}
	assert_int_equal(limit_steps__table(s).count, STEPS_MAX);
	limit_steps__free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kills_inside_and_after),
		cmocka_unit_test(test_kill_beside_the_write),
		cmocka_unit_test(test_conclusions),
		cmocka_unit_test(test_what_is_no_step),
		cmocka_unit_test(test_writes_of_the_same),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
