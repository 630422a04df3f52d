// SPDX-License-Identifier: GPL-2.0-only
/* Whom a run might have killed: their order, their memory, their places. */
#include "model/candidates.h"
#include "model/model_events.h"

static struct event_candidate candidate(uint32_t pid, int64_t points, int32_t adj)
{
	struct event_candidate c = { .cgroup_id = DOCKER_CGROUP_ID,
				     .points = points,
				     .file_rss_pages = 1,
				     .anon_rss_pages = 10,
				     .shmem_rss_pages = -2,
				     .swap_entries = 2,
				     .pgtables_bytes = PAGE,
				     .pid = pid,
				     .oom_score_adj = adj,
				     .flags = CANDIDATE_HAS_MM };

	snprintf(c.comm, sizeof(c.comm), "p%u", pid);
	return c;
}

/* Fills in *to from an event and its chain, in a run of 128,000 pages in which `chosen` was chosen. */
static void fill(struct candidates *to, const struct event_candidates *event, uint32_t chosen)
{
	static const struct model_env env = { .page_size = PAGE, .container_name = find_name };
	const struct event_oom run = { .totalpages = 128000, .outcome = OOM_KILLED, .chosen_pid = chosen };
	struct cgroup_chain_set cgroups = {};
	const union event levels[] = { docker_level(1), slice_level(1), root_level(1) };

	*to = (struct candidates){};
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(cgroup_chain__add(&cgroups, &levels[i].cgroup), 0);
	candidates__fill(to, event, &run, &cgroups, &env);
	if (to->list[0].cgroup)
		assert_string_equal(to->list[0].cgroup, DOCKER_PATH);
	cgroup_chain__free(&cgroups);
}

/* The most points first; of as many, the chosen one. */
static void test_order(void **state)
{
	const struct event_candidates event = {
		.scored = 30,
		.unkillable = 2,
		.top = 4,
		.count = 4,
		.list = { candidate(1, 5, 0), candidate(2, 9, 0), candidate(3, -7, -900),
			  candidate(4, 9, 0) },
	};
	const uint32_t want[] = { 4, 2, 1, 3 };
	struct candidates c;

	(void)state;
	fill(&c, &event, 4);
	assert_int_equal(c.record.count, 30);
	assert_int_equal(c.record.unkillable, 2);
	assert_int_equal(c.record.first_count, 4);
	assert_int_equal(c.record.spared_count, 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(c.record.first[i].pid, want[i]);
	assert_string_equal(c.record.first[0].container.name, "web");
}

/* What has counted are the points without those for oom_score_adj: 128 pages for each. */
static void test_memory(void **state)
{
	const struct event_candidates event = {
		.scored = 3,
		.top = 2,
		.count = 3,
		.list = { candidate(1, 100 + 128 * 500, 500), candidate(2, 40 - 128 * 2, -2),
			  candidate(3, EVENT_UNKILLABLE, -1000) },
	};
	const struct record_candidate *first, *spared;
	struct candidates c;

	(void)state;
	fill(&c, &event, 1);
	first = c.record.first;
	spared = c.record.spared;
	assert_int_equal(first[0].counted_bytes, 100 * PAGE);
	assert_int_equal(first[1].counted_bytes, 40 * PAGE);
	assert_int_equal(first[0].anon_rss_bytes, 10 * PAGE);
	assert_int_equal(first[0].shmem_rss_bytes, 0);
	assert_int_equal(first[0].rss, 11 * PAGE);
	assert_int_equal(first[0].swap, 2 * PAGE);
	assert_int_equal(c.record.spared_count, 1);
	assert_false(spared->has_points);
	assert_int_equal(spared->counted_bytes, 14 * PAGE);
	/* They haven't all one oom_score_adj. */
	assert_false(c.record.has_counted);
}

/* Of one that had ended when it was looked at only the points are known. */
static void test_gone(void **state)
{
	struct event_candidates event = {
		.scored = 2, .top = 2, .count = 2, .list = { candidate(1, 50, 0), candidate(2, 40, 0) }
	};
	struct candidates c;

	(void)state;
	event.list[1].flags = CANDIDATE_GONE;
	fill(&c, &event, 1);
	assert_null(c.record.first[1].comm);
	assert_null(c.record.first[1].cgroup);
	assert_false(c.record.first[1].has_adj || c.record.first[1].has_counted || c.record.first[1].has_rss);
	assert_int_equal(c.record.first[1].points, 40);
	assert_false(c.record.has_counted);
}

/* All that have points, each with its own oom_score_adj; two more can't be killed. */
static void test_sum(void **state)
{
	struct event_candidates event = { .scored = 4,
					  .unkillable = 2,
					  .top = 2,
					  .count = 2,
					  .list = { candidate(1, 128 * 3 + 60, 3), candidate(2, 40, 0) } };
	struct candidates c;

	(void)state;
	fill(&c, &event, 1);
	assert_true(c.record.has_counted);
	assert_int_equal(c.record.counted_bytes, 100 * PAGE);
	/* What one of them has isn't known. */
	event.list[1].flags = CANDIDATE_GONE;
	fill(&c, &event, 1);
	assert_false(c.record.has_counted);
	event.list[1].flags = CANDIDATE_HAS_MM;
	/* More than are listed, and nobody has summed them up. */
	event.scored = 5;
	fill(&c, &event, 1);
	assert_false(c.record.has_counted);
	/* More than can be: nothing is said. */
	event.unkillable = 51;
	fill(&c, &event, 1);
	assert_false(c.record.has_counted);
}

static struct event_program program(const char *comm, int64_t pages, uint32_t count, uint32_t scan)
{
	struct event_program p = { .pages = pages, .count = count, .scan = scan };

	snprintf(p.comm, sizeof(p.comm), "%s", comm);
	return p;
}

/* The largest ten by themselves and the others as one; what another scan has left there is passed over. */
static void test_programs(void **state)
{
	struct event_candidates event = { .h.flags = CANDIDATES_SUMMED,
					  .scored = 300,
					  .scan = 7,
					  .other_count = 5,
					  .other_pages = 50,
					  .programs = { [3] = program("worker", 900, 40, 7),
							[4] = program("worker", 5000, 9, 6),
							[63] = program("sh", 901, 1, 7) } };
	struct candidates c;

	(void)state;
	fill(&c, &event, 1);
	assert_int_equal(c.record.program_count, 2);
	assert_string_equal(c.record.programs[0].comm, "sh");
	assert_string_equal(c.record.programs[1].comm, "worker");
	assert_int_equal(c.record.programs[1].count, 40);
	assert_int_equal(c.record.programs[1].counted_bytes, 900 * PAGE);
	assert_int_equal(c.record.other.count, 5);
	for (uint32_t i = 10; i < 19; i++)
		event.programs[i] = program((char[]){ (char)('a' + i), '\0' }, 100 + i, 2, 7);
	fill(&c, &event, 1);
	assert_int_equal(c.record.program_count, 10);
	assert_string_equal(c.record.programs[9].comm, "l");
	assert_int_equal(c.record.other.count, 5 + 2);
	assert_int_equal(c.record.other.counted_bytes, (50 + 110) * PAGE);
	assert_true(c.record.has_counted);
	assert_int_equal(c.record.counted_bytes, (901 + 900 + 9 * 114 + 50) * PAGE);
	event.h.flags = 0;
	fill(&c, &event, 1);
	assert_null(c.record.programs);
}

/* In the record of its run, and of no other. */
static void test_record(void **state)
{
	struct kept *kept = start();
	union event e = blank(EVENT_CANDIDATES, 1);

	(void)state;
	e.candidates.scored = 3;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, e);
	send(kept, victim(1, 42, 0));
	send(kept, end(1, 1, 1));
	send_chain(kept, 2);
	send(kept, oom(2, 43));
	send(kept, victim(2, 43, 0));
	send(kept, end(2, 1, 1));
	assert_int_equal(kept->oom_count, 2);
	assert_non_null(kept->ooms[0].candidates);
	assert_null(kept->ooms[1].candidates);
	assert_false(kept->ooms[1].incomplete);
	stop(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_memory),   cmocka_unit_test(test_gone),
		cmocka_unit_test(test_sum),   cmocka_unit_test(test_programs), cmocka_unit_test(test_record),
	};

	return cmocka_run_group_tests_name("candidates", tests, NULL, NULL);
}
