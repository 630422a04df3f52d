// SPDX-License-Identifier: GPL-2.0-only
/* When memory comes back, and which kills came too early. */
#include "model/relief.h"
#include "model/model_events.h"

#define MIB (1ULL << 20)
#define PAGES(mib) ((mib) * (MIB / PAGE))

struct told {
	struct record_relief reliefs[16];
	size_t count;
};

static void take(void *ctx, const struct record *record)
{
	struct told *told = ctx;

	assert_int_equal(record->kind, RECORD_RELIEF);
	told->reliefs[told->count++] = record->relief;
}

/* A kill at the limit's cgroup 5, of a process with so much memory. Returns its record. */
static struct record_oom kill_one(struct relief *relief, uint64_t oom_id, uint32_t pid, uint64_t mib,
				  uint64_t at_ns)
{
	const struct record_victim victim = { .pid = pid, .ts_ns = at_ns, .anon_rss_bytes = mib * MIB };
	const struct record_level limit = { .has_memory = true, .max_bytes = 100 * MIB };
	struct record_oom oom = { .id = oom_id, .limit = &limit, .victims = &victim, .victim_count = 1 };

	relief__killed(relief, &oom, at_ns, 5);
	return oom;
}

static void come_back(struct relief *relief, uint64_t oom_id, uint32_t pid, uint64_t at_ns,
		      uint64_t usage_mib, uint16_t flags)
{
	const struct event_relief e = { .h = { .ts_ns = at_ns,
					       .flags = (uint16_t)(RELIEF_HAS_USAGE | flags) },
					.oom_id = oom_id,
					.limit_cgroup_id = 5,
					.marked_ns = 1000,
					.usage_before_pages = PAGES(200),
					.usage_after_pages = PAGES(usage_mib),
					.max_pages = PAGES(100),
					.pid = pid,
					.by = RELIEF_EXIT };

	relief__event(relief, &e, 0);
}

static struct relief *start_relief(struct told *told)
{
	static struct model_env env;

	env = (struct model_env){ .ctx = told, .page_size = PAGE, .on_record = take };
	*told = (struct told){};
	return relief__new(&env);
}

static void test_one(void **state)
{
	struct told told;
	struct relief *relief = start_relief(&told);
	struct record_oom oom = kill_one(relief, 1, 42, 60, 1000);

	(void)state;
	assert_int_equal(oom.in_flight_victims, 0);
	come_back(relief, 1, 42, 3000, 140, 0);
	assert_int_equal(told.count, 1);
	assert_true(told.reliefs[0].live && told.reliefs[0].by_exit && told.reliefs[0].has_usage);
	assert_int_equal(told.reliefs[0].since_kill_ns, 2000);
	assert_int_equal(told.reliefs[0].usage_before_bytes, 200 * MIB);
	assert_int_equal(told.reliefs[0].usage_after_bytes, 140 * MIB);
	assert_int_equal(told.reliefs[0].needless_kills, 0);
	/* Its memory is back: the next kill has nothing before it. */
	oom = kill_one(relief, 2, 43, 60, 4000);
	assert_int_equal(oom.in_flight_victims, 0);
	relief__free(relief);
}

/* 120 and 60 MiB at a limit that is lowered to 100: the first would have been enough. */
static void test_needless(void **state)
{
	struct told told;
	struct relief *relief = start_relief(&told);
	struct record_oom oom;

	(void)state;
	kill_one(relief, 1, 42, 120, 1000);
	oom = kill_one(relief, 2, 43, 60, 2000);
	assert_int_equal(oom.in_flight_victims, 1);
	assert_int_equal(oom.in_flight_bytes, 120 * MIB);
	come_back(relief, 1, 42, 3000, 60, 0);
	assert_int_equal(told.reliefs[0].kills_meanwhile, 1);
	assert_int_equal(told.reliefs[0].needless_kills,
			 0); /* the other's memory isn't back: nothing is certain */
	come_back(relief, 2, 43, 4000, 2, 0);
	assert_int_equal(told.reliefs[1].needless_kills, 1);
	assert_int_equal(told.reliefs[1].needless_bytes, 60 * MIB);
	relief__free(relief);
}

/* The kernel had begun to look for the second when the first's memory came back. */
static void test_back_too_late(void **state)
{
	struct told told;
	struct relief *relief = start_relief(&told);
	const struct record_victim victim = { .pid = 43, .ts_ns = 4000, .anon_rss_bytes = 60 * MIB };
	const struct record_level limit = { .has_memory = true, .max_bytes = 100 * MIB };
	struct record_oom oom = {
		.id = 2, .limit = &limit, .victims = &victim, .victim_count = 1, .started_ns = 2000
	};

	(void)state;
	kill_one(relief, 1, 42, 120, 1000);
	come_back(relief, 1, 42, 3000, 60, 0);
	relief__killed(relief, &oom, 4000, 5);
	assert_int_equal(oom.in_flight_victims, 1);
	come_back(relief, 2, 43, 5000, 2, 0);
	assert_int_equal(told.reliefs[1].needless_kills, 1);
	relief__free(relief);
}

/*
 * All of the first's memory was back when the run began: the kernel had looked before. Where no write asked for it, usage
 * is never above the limit.
 */
static void test_below_the_limit(void **state)
{
	const struct record_victim victim = { .pid = 43, .ts_ns = 4000, .anon_rss_bytes = 60 * MIB };
	const struct record_level limit = { .has_memory = true,
					    .usage_bytes = 80 * MIB,
					    .max_bytes = 100 * MIB };

	(void)state;
	for (uint64_t inside = 0; inside < 2; inside++) {
		struct told told;
		struct relief *relief = start_relief(&told);
		struct record_oom oom = { .id = 2,
					  .cause = inside ? CAUSE_INSIDE_WRITE : CAUSE_LIMIT_UNCHANGED,
					  .limit = &limit,
					  .victims = &victim,
					  .victim_count = 1,
					  .started_ns = 3500 };

		kill_one(relief, 1, 42, 120, 1000);
		come_back(relief, 1, 42, 3000, 80, 0);
		relief__killed(relief, &oom, 4000, 5);
		assert_int_equal(oom.in_flight_victims, 0);
		come_back(relief, 2, 43, 5000, 2, 0);
		assert_int_equal(told.reliefs[1].needless_kills, inside);
		relief__free(relief);
	}
}

/* Both were needed: what the second had wouldn't fit. */
static void test_needed(void **state)
{
	struct told told;
	struct relief *relief = start_relief(&told);

	(void)state;
	kill_one(relief, 1, 42, 60, 1000);
	kill_one(relief, 2, 43, 60, 2000);
	come_back(relief, 2, 43, 3000, 90, 0);
	come_back(relief, 1, 42, 4000, 50, 0);
	assert_int_equal(told.reliefs[0].needless_kills + told.reliefs[1].needless_kills, 0);
	relief__free(relief);
}

/* A limit that was raised before the memory was back says nothing of the one that they were killed at. */
static void test_raised(void **state)
{
	struct told told;
	struct relief *relief = start_relief(&told);
	struct event_relief e = { .h = { .ts_ns = 4000, .flags = RELIEF_HAS_USAGE },
				  .oom_id = 1,
				  .limit_cgroup_id = 5,
				  .usage_after_pages = PAGES(50),
				  .max_pages = PAGES(500),
				  .pid = 42,
				  .by = RELIEF_EXIT };

	(void)state;
	kill_one(relief, 1, 42, 60, 1000);
	kill_one(relief, 2, 43, 60, 2000);
	come_back(relief, 2, 43, 3000, 90, 0);
	relief__event(relief, &e, 0);
	assert_int_equal(told.reliefs[1].max_bytes, 500 * MIB);
	assert_int_equal(told.reliefs[1].needless_kills, 0);
	relief__free(relief);
}

/* Shared memory that nobody else has goes with its process: it would have been in the way, too. */
static void test_shared(void **state)
{
	struct told told;
	struct relief *relief = start_relief(&told);
	const struct record_level limit = { .has_memory = true, .max_bytes = 100 * MIB };
	const struct record_victim victim = {
		.pid = 43, .ts_ns = 2000, .anon_rss_bytes = 10 * MIB, .shmem_rss_bytes = 50 * MIB
	};
	struct record_oom oom = { .id = 2, .limit = &limit, .victims = &victim, .victim_count = 1 };

	(void)state;
	kill_one(relief, 1, 42, 60, 1000);
	relief__killed(relief, &oom, 2000, 5);
	come_back(relief, 2, 43, 3000, 110, 0);
	come_back(relief, 1, 42, 4000, 50, 0);
	assert_int_equal(told.reliefs[1].needless_kills, 0);
	relief__free(relief);
}

/* Of three that are killed at once the last two fit together. */
static void test_two_needless(void **state)
{
	struct told told;
	struct relief *relief = start_relief(&told);

	(void)state;
	kill_one(relief, 1, 42, 100, 1000);
	kill_one(relief, 2, 43, 40, 2000);
	kill_one(relief, 3, 44, 40, 2500);
	come_back(relief, 2, 43, 3000, 90, 0);
	come_back(relief, 3, 44, 3500, 50, 0);
	come_back(relief, 1, 42, 4000, 10, 0);
	assert_int_equal(told.reliefs[2].needless_kills, 2);
	assert_int_equal(told.reliefs[2].needless_bytes, 80 * MIB);
	/* Told once. */
	come_back(relief, 1, 42, 5000, 10, 0);
	assert_int_equal(told.reliefs[3].needless_kills, 0);
	relief__free(relief);
}

/* Of a victim that isn't known any more what the event says is told. */
static void test_unknown(void **state)
{
	struct told told;
	struct relief *relief = start_relief(&told);

	(void)state;
	come_back(relief, 9, 42, 3000, 100, 0);
	assert_int_equal(told.count, 1);
	assert_null(told.reliefs[0].cgroup);
	relief__free(relief);
}

/* A victim can be gone before its run is over: the run's record comes first. */
static void test_early(void **state)
{
	struct kept *kept = start();
	union event e = blank(EVENT_RELIEF, 0);

	(void)state;
	e.relief.oom_id = 1;
	e.relief.pid = 42;
	e.relief.by = RELIEF_EXIT;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, e);
	assert_int_equal(kept->relief_count, 0);
	send(kept, end(1, 1, 1));
	assert_int_equal(kept->oom_count, 1);
	assert_int_equal(kept->relief_count, 1);
	send(kept, e);
	assert_int_equal(kept->relief_count, 2);
	stop(kept);
}

/* The programs have given up by then: it may be back, and nobody knows. */
static void test_long_ago(void **state)
{
	struct told told;
	struct relief *relief = start_relief(&told);
	struct record_oom oom;

	(void)state;
	kill_one(relief, 1, 42, 60, 1000);
	oom = kill_one(relief, 2, 43, 60, 1000 + EVENT_RELIEF_WITHIN_NS);
	assert_int_equal(oom.in_flight_victims, 0);
	oom = kill_one(relief, 3, 44, 60, 1000 + EVENT_RELIEF_WITHIN_NS + 1);
	assert_int_equal(oom.in_flight_victims, 1);
	relief__free(relief);
}

static uint64_t since_1500(void *ctx)
{
	(void)ctx;
	return 1500;
}

/* The end of one that was killed before ends are seen isn't waited for: it may have come. */
static void test_before(void **state)
{
	const struct model_env env = { .page_size = PAGE, .on_record = take, .relief_since_ns = since_1500 };
	struct relief *relief = relief__new(&env);
	struct record_oom oom;

	(void)state;
	kill_one(relief, 1, 42, 60, 1000);
	oom = kill_one(relief, 2, 43, 60, 2000);
	assert_int_equal(oom.in_flight_victims, 0);
	oom = kill_one(relief, 3, 44, 60, 3000);
	assert_int_equal(oom.in_flight_victims, 1);
	relief__free(relief);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),	      cmocka_unit_test(test_needless),
		cmocka_unit_test(test_needed),	      cmocka_unit_test(test_two_needless),
		cmocka_unit_test(test_unknown),	      cmocka_unit_test(test_early),
		cmocka_unit_test(test_long_ago),      cmocka_unit_test(test_raised),
		cmocka_unit_test(test_shared),	      cmocka_unit_test(test_before),
		cmocka_unit_test(test_back_too_late), cmocka_unit_test(test_below_the_limit),
	};

	return cmocka_run_group_tests_name("relief", tests, NULL, NULL);
}
