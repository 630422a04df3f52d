// SPDX-License-Identifier: GPL-2.0-only
/* What to do now: each step from its evidence, and none without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/steps.h"
#include "output/wrap.h"

#define MIB (1ULL << 20)
#define S 1000000000ULL

static char told[4096];
static int told_count;

static int tell(void *ctx, const char *rule, const char *marked)
{
	char *text = strdup(marked);

	(void)ctx;
	assert_non_null(text);
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s: %s\n", rule, wrap__plain(text));
	told_count++;
	free(text);
	return 0;
}

/* What is told after these records. */
static void expect(const struct record *const *records, size_t count, const char *want)
{
	struct steps steps = {};

	told[0] = '\0';
	told_count = 0;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(steps__take(&steps, records[i]), 0);
	assert_int_equal(steps__tell(&steps, tell, NULL), 0);
	assert_string_equal(told, want);
	assert_true(told_count <= STEPS_TOLD);
	/* Each session begins anew. */
	told[0] = '\0';
	assert_int_equal(steps__tell(&steps, tell, NULL), 0);
	assert_string_equal(told, "");
}

static void expect_one(const struct record *record, const char *want)
{
	expect(&record, 1, want);
}

/* Usage of 60 MiB at a limit of 64, in which pid 1 was killed. */
struct scene {
	struct record record;
	struct record_level limit, chain[2];
	struct record_victim victim;
	struct record_candidate first[20];
	struct record_candidates candidates;
	struct record_memory memory;
	struct record_history history;
};

static struct record_oom *set_up(struct scene *s)
{
	*s = (struct scene){ .record = { .kind = RECORD_OOM } };
	s->limit = (struct record_level){
		.path = "/web", .has_memory = true, .usage_bytes = 60 * MIB, .max_bytes = 64 * MIB
	};
	s->victim = (struct record_victim){ .pid = 1, .comm = "hog", .role = ROLE_CHOSEN, .has_mm = true };
	s->first[0] = (struct record_candidate){
		.pid = 1,
		.comm = "hog",
		.has_points = true,
		.points = 9,
		.has_counted = true,
		.has_adj = true,
	};
	s->candidates = (struct record_candidates){ .count = 3, .first = s->first, .first_count = 1 };
	s->record.oom = (struct record_oom){ .id = 1,
					     .outcome = OOM_KILLED,
					     .cause = CAUSE_LIMIT_UNCHANGED,
					     .limit = &s->limit,
					     .victims = &s->victim,
					     .victim_count = 1,
					     .killed = 1,
					     .candidates = &s->candidates };
	return &s->record.oom;
}

static void test_nothing(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	expect_one(&s.record, "");
	/* Nothing is known of it. */
	s.record.oom = (struct record_oom){ .id = 1 };
	expect_one(&s.record, "");
}

static void test_largest(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	s.victim.anon_rss_bytes = 59 * MIB;
	expect_one(
		&s.record,
		"largest: hog (pid 1) had 59.0 MiB of 60.0 MiB: it needs less memory, or a higher limit\n");
	s.victim.has_mm = false;
	expect_one(&s.record, "");
	s.victim.has_mm = true;
	/* Not all of it is charged here. */
	s.victim.anon_rss_bytes = 61 * MIB;
	expect_one(&s.record, "");
	s.victim.anon_rss_bytes = 40 * MIB;
	s.victim.shmem_rss_bytes = 20 * MIB;
	expect_one(&s.record, "");
}

static void test_growth(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);

	(void)state;
	s.victim.anon_rss_bytes = 59 * MIB;
	oom->history = &s.history;
	s.history = (struct record_history){ .has_growth = true, .growth_bytes_per_s = 103 * (int64_t)MIB };
	expect_one(&s.record,
		   "growth: usage grew by 103.0 MiB/s when the kill came: no limit near this one would "
		   "have held for long; look at hog, which had 59.0 MiB\n");
	/* Slow growth: a higher limit is an answer. */
	s.history.growth_bytes_per_s = 6 * (int64_t)MIB;
	expect_one(
		&s.record,
		"largest: hog (pid 1) had 59.0 MiB of 60.0 MiB: it needs less memory, or a higher limit\n");
}

static void test_write(void **state)
{
	struct record record = { .kind = RECORD_LIMIT,
				 .limit = { .id = 3,
					    .writer_pid = 4242,
					    .writer_comm = "docker",
					    .cgroup = "/web",
					    .old_max_bytes = 128 * MIB,
					    .new_max_bytes = 32 * MIB,
					    .usage_before_bytes = 60 * MIB,
					    .kills = 2 } };

	(void)state;
	expect_one(
		&record,
		"undo-write: docker (pid 4242) lowered the limit of /web from 128.0 MiB to 32.0 MiB when usage was "
		"60.0 MiB, and 2 processes were killed in that write: put the limit back, or find out "
		"who asked for it\n");
	/* It was we: --ramp or --set-max. */
	record.limit.writer_self = true;
	expect_one(&record, "");
	record.limit.writer_self = false;
	record.limit.kills = 0;
	expect_one(&record, "");
}

static void test_lowered(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);

	(void)state;
	oom->cause = CAUSE_LIMIT_LOWERED;
	oom->cause_since_ns = 2 * S;
	oom->cause_limit_id = 7;
	expect_one(&s.record,
		   "undo-write: the limit of 64.0 MiB of /web was set below usage 2.0 s before the kill: "
		   "put it back; its record is limit 7\n");
}

static void test_needless(void **state)
{
	struct record record = { .kind = RECORD_RELIEF,
				 .relief = {
					 .live = true, .needless_kills = 2, .needless_bytes = 80 * MIB } };

	(void)state;
	expect_one(
		&record,
		"smaller-steps: 2 kills were not needed, because memory was on its way back: lower a limit in "
		"smaller steps, as --ramp does; 80.0 MiB were killed in vain\n");
	record.relief.needless_kills = 0;
	expect_one(&record, "");
}

static void test_exempt(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);

	(void)state;
	oom->outcome = OOM_NO_VICTIM;
	oom->killed = oom->victim_count = 0;
	s.candidates.first_count = 0;
	s.candidates.spared = s.first;
	s.candidates.spared_count = 1;
	s.first[0].oom_score_adj = -1000;
	s.first[0].counted_bytes = 59 * MIB;
	expect_one(
		&s.record,
		"exempt: hog (pid 1) has 59.0 MiB and can't be killed (oom_score_adj -1000): raise the limit "
		"of 64.0 MiB of /web, or give up the exemption of a process (oom_score_adj -1000)\n");
	oom->candidates = NULL;
	expect_one(&s.record,
		   "exempt: nothing could be killed: raise the limit of 64.0 MiB of /web, or give up the "
		   "exemption of a process (oom_score_adj -1000)\n");
}

static void test_ancestor(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);

	(void)state;
	oom->cause = CAUSE_ANCESTOR_LIMIT;
	s.chain[0] = (struct record_level){
		.path = "/web/a", .has_memory = true, .usage_bytes = 20 * MIB, .max_bytes = 32 * MIB
	};
	s.chain[1] = s.limit;
	oom->chain = s.chain;
	oom->chain_count = 2;
	expect_one(
		&s.record,
		"ancestor: the limit of 64.0 MiB of /web was hit: the cgroup of the victim had 20.0 MiB of "
		"its own 32.0 MiB. Raise that limit, or look at what else is under it\n");
}

static void test_held_back(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	s.first[1] = s.first[0];
	s.first[1].pid = 2;
	s.first[1].comm = "db";
	s.first[1].oom_score_adj = -900;
	s.first[1].counted_bytes = 40 * MIB;
	s.candidates.first_count = 2;
	expect_one(
		&s.record,
		"held-back: db (pid 2) has 40.0 MiB of 60.0 MiB, but its oom_score_adj -900 lets others be "
		"killed: give it a limit of its own, or a higher oom_score_adj\n");
}

static void test_memory(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);

	(void)state;
	oom->memory = &s.memory;
	s.memory.known = 1U << MEMORY_SHMEM | 1U << MEMORY_KERNEL;
	s.memory.bytes[MEMORY_SHMEM] = 50 * MIB;
	expect_one(&s.record,
		   "shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: killing a "
		   "process doesn't free them, look at the files there and at ipcs -m\n");
	/* All processes are listed, and what they have mapped is known. */
	s.candidates.count = 1;
	s.first[0].has_kinds = true;
	s.first[0].shmem_rss_bytes = 8 * MIB;
	expect_one(&s.record,
		   "shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: killing a "
		   "process doesn't free them, look at the files there and at ipcs -m. No process under this "
		   "limit has mapped about 42.0 MiB of it: files, or what ended processes left\n");
	s.first[0].shmem_rss_bytes = 45 * MIB;
	expect_one(&s.record,
		   "shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: killing a "
		   "process doesn't free them, look at the files there and at ipcs -m\n");
	s.memory.bytes[MEMORY_SHMEM] = 5 * MIB;
	s.memory.bytes[MEMORY_KERNEL] = 50 * MIB;
	expect_one(
		&s.record,
		"kernel: 50.0 MiB of 60.0 MiB are kernel memory, which no process gives back when it is told "
		"to use less: --stacks shows what charges it\n");
	s.memory.known |= 1U << MEMORY_PAGETABLES;
	s.memory.bytes[MEMORY_PAGETABLES] = 30 * MIB;
	expect_one(
		&s.record,
		"kernel: 50.0 MiB of 60.0 MiB are kernel memory, most of it page tables (30.0 MiB), which no "
		"process gives back when it is told to use less: --stacks shows what charges it\n");
	s.memory.known = 0;
	expect_one(&s.record, "");
}

static void test_many(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	for (uint32_t i = 0; i < 20; i++) {
		s.first[i] = s.first[0];
		s.first[i].pid = i + 1;
		s.first[i].comm = "worker";
		s.first[i].counted_bytes = 2 * MIB;
	}
	s.candidates.first_count = 20;
	s.candidates.count = 40;
	expect_one(
		&s.record,
		"many: at least 20 processes of worker have 40.0 MiB of 60.0 MiB: run fewer of them, or give "
		"each some 2.0 MiB\n");
}

static void test_machine(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);

	(void)state;
	oom->cause = CAUSE_WHOLE_MACHINE;
	oom->limit = NULL;
	s.victim.cgroup = "/system.slice/x.service";
	s.victim.anon_rss_bytes = 600 * MIB;
	expect_one(&s.record,
		   "machine: the whole machine ran out of memory, and hog (pid 1) had 600.0 MiB of it: give "
		   "/system.slice/x.service a limit\n");
	oom->whole_machine = true;
	oom->constraint = "mempolicy";
	expect_one(&s.record,
		   "machine: the memory nodes of a memory policy ran out of memory, and hog (pid 1) had "
		   "600.0 MiB of it: give /system.slice/x.service a limit\n");
}

static void test_high(void **state)
{
	struct record record = {
		.kind = RECORD_STALL,
		.stall = { .cgroup = "/web", .file = LIMIT_HIGH, .max_bytes = 32 * MIB, .duration_ns = 5 * S }
	};

	(void)state;
	expect_one(
		&record,
		"memory-high: /web stood still at its memory.high of 32.0 MiB for 5.0 s: raise memory.high, which "
		"kills nobody but holds back whoever is above it\n");
	record.stall.file = LIMIT_MAX;
	expect_one(&record, "");
}

/* No more than three, those that explain most first. */
static void test_three(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);
	struct record needless = { .kind = RECORD_RELIEF,
				   .relief = { .live = true, .needless_kills = 1, .needless_bytes = MIB } };
	const struct record *const records[] = { &s.record, &needless };

	(void)state;
	oom->memory = &s.memory;
	s.memory.known = 1U << MEMORY_SHMEM;
	s.memory.bytes[MEMORY_SHMEM] = 50 * MIB;
	s.first[0].counted_bytes = 59 * MIB;
	s.first[1] = s.first[0];
	s.first[1].pid = 2;
	s.first[1].oom_score_adj = -900;
	s.first[1].counted_bytes = 60 * MIB;
	s.candidates.first_count = 2;
	expect(records, 2,
	       "smaller-steps: 1 kill was not needed, because memory was on its way back: lower a limit in smaller "
	       "steps, as --ramp does; 1.0 MiB were killed in vain\n"
	       "held-back: hog (pid 2) has 60.0 MiB of 60.0 MiB, but its oom_score_adj -900 lets others be killed: give "
	       "it a limit of its own, or a higher oom_score_adj\n"
	       "shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: killing a process "
	       "doesn't free them, look at the files there and at ipcs -m\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),	  cmocka_unit_test(test_largest),
		cmocka_unit_test(test_growth),	  cmocka_unit_test(test_write),
		cmocka_unit_test(test_lowered),	  cmocka_unit_test(test_needless),
		cmocka_unit_test(test_exempt),	  cmocka_unit_test(test_ancestor),
		cmocka_unit_test(test_held_back), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_many),	  cmocka_unit_test(test_machine),
		cmocka_unit_test(test_high),	  cmocka_unit_test(test_three),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
