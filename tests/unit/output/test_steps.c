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

#include "steps_scene.h"

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

static void test_ancestor(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);
	struct record_child largest[] = { { .cgroup = "/web/a", .exact = true, .usage_bytes = 45 * MIB },
					  { .cgroup = "/web/api",
					    .usage_bytes = 39 * MIB,
					    .has_before = true,
					    .before_bytes = 9 * MIB,
					    .before_ns = 9 * S } };
	const struct record_children children = {
		.count = 2, .read = 2, .largest = largest, .largest_count = 2
	};

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
	oom->children = &children;
	expect_one(
		&s.record,
		"ancestor: the limit of 64.0 MiB of /web was hit: the cgroup of the victim had 20.0 MiB of "
		"its own 32.0 MiB. Raise that limit, or look at /web/api, under the same limit, which had 39.0 MiB and "
		"grew by 30.0 MiB in 9.0 s\n");
	/* It has less than a fifth of the usage. */
	largest[1].usage_bytes = 11 * MIB;
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
	/* It has more than was used: of others' files, or in swap. */
	s.first[1].counted_bytes = 90 * MIB;
	expect_one(&s.record, "");
	s.first[1].counted_bytes = 40 * MIB;
	s.limit.swap_usage_bytes = 20 * MIB;
	expect_one(&s.record, "");
}

/* A file that is most of it is worth a name, and one that is little isn't. */
static void test_tmpfs(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);
	struct record_tmpfs_file file = { "/dev/shm/x", 40 * MIB, false };
	const struct record_tmpfs tmpfs = { .count = 1, .largest = &file, .largest_count = 1 };

	(void)state;
	oom->memory = &s.memory;
	s.memory.known = 1U << MEMORY_SHMEM;
	s.memory.bytes[MEMORY_SHMEM] = 50 * MIB;
	oom->tmpfs = &tmpfs;
	expect_one(
		&s.record,
		"shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: files "
		"there and segments of ipcs -m stay when a process is killed, look at them, first at /dev/shm/x, "
		"a file of 40.0 MiB\n");
	file.bytes = 9 * MIB;
	expect_one(&s.record,
		   "shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: files "
		   "there and segments of ipcs -m stay when a process is killed, look at them\n");
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
		   "shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: files "
		   "there and segments of ipcs -m stay when a process is killed, look at them\n");
	/* All processes are listed, and what they have mapped is known. */
	s.candidates.count = 1;
	s.first[0].has_kinds = true;
	s.first[0].shmem_rss_bytes = 8 * MIB;
	expect_one(
		&s.record,
		"shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: files "
		"there and segments of ipcs -m stay when a process is killed, look at them. About 42.0 MiB of it "
		"are resident in no process under this limit: files, memory that an open descriptor holds, or "
		"what ended processes left\n");
	/* One that can't be killed has mapped it, too. */
	s.candidates.count = 2;
	s.candidates.spared = &s.first[1];
	s.candidates.spared_count = 1;
	s.first[1] = s.first[0];
	s.first[1].pid = 2;
	s.first[1].shmem_rss_bytes = 37 * MIB;
	expect_one(&s.record,
		   "shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: files "
		   "there and segments of ipcs -m stay when a process is killed, look at them\n");
	s.candidates.count = 1;
	s.candidates.spared_count = 0;
	s.first[0].shmem_rss_bytes = 45 * MIB;
	expect_one(&s.record,
		   "shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: files "
		   "there and segments of ipcs -m stay when a process is killed, look at them\n");
	s.memory.bytes[MEMORY_SHMEM] = 5 * MIB;
	s.memory.bytes[MEMORY_KERNEL] = 50 * MIB;
	expect_one(
		&s.record,
		"kernel: 50.0 MiB of 60.0 MiB are kernel memory, which is in no process's resident memory: --stacks shows what charges it\n");
	s.memory.known |= 1U << MEMORY_PAGETABLES;
	s.memory.bytes[MEMORY_PAGETABLES] = 30 * MIB;
	expect_one(
		&s.record,
		"kernel: 50.0 MiB of 60.0 MiB are kernel memory, most of it page tables (30.0 MiB), which is in no process's resident memory: --stacks shows what charges it\n");
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
	/* What one of them has isn't known. */
	s.candidates.count = 20;
	s.first[19].has_counted = false;
	s.first[19].counted_bytes = 0;
	expect_one(
		&s.record,
		"many: at least 19 processes of worker have 38.0 MiB of 60.0 MiB: run fewer of them, or give "
		"each some 2.0 MiB\n");
	s.limit.swap_usage_bytes = 20 * MIB;
	expect_one(&s.record, "");
	s.limit.swap_usage_bytes = 0;
	for (uint32_t i = 0; i < 20; i++)
		s.first[i].counted_bytes = 4 * MIB;
	expect_one(&s.record, "");
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
		   "x.service a limit\n");
	oom->whole_machine = true;
	/* Memory that is free in small pieces is no want of a limit. */
	oom->order = 2;
	oom->machine = &(const struct record_machine){
		.zones = &(const struct record_zone){ .name = "Normal", .high_bytes = 10, .free_bytes = 11 },
		.zone_count = 1
	};
	expect_one(&s.record, "");
	oom->order = 0;
	oom->constraint = "mempolicy";
	expect_one(&s.record,
		   "machine: the memory nodes of a memory policy ran out of memory, and hog (pid 1) had "
		   "600.0 MiB of it: give x.service a limit\n");
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
	oom->cause = CAUSE_INSIDE_WRITE;
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
	       "steps, as --ramp does; up to 1.0 MiB were killed in vain\n"
	       "held-back: hog (pid 2) has 60.0 MiB of 60.0 MiB, but its oom_score_adj -900 lets others be killed: give "
	       "it a limit of its own, or a higher oom_score_adj\n"
	       "shared: 50.0 MiB of 60.0 MiB are in tmpfs (such as /dev/shm) or shared memory: files there and "
	       "segments of ipcs -m stay when a process is killed, look at them\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),	  cmocka_unit_test(test_largest),
		cmocka_unit_test(test_growth),	  cmocka_unit_test(test_ancestor),
		cmocka_unit_test(test_held_back), cmocka_unit_test(test_tmpfs),
		cmocka_unit_test(test_memory),	  cmocka_unit_test(test_many),
		cmocka_unit_test(test_machine),	  cmocka_unit_test(test_high),
		cmocka_unit_test(test_three),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
