// SPDX-License-Identifier: GPL-2.0-only
/* Whose command line is found among the programs that were executed, and whose are kept. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trace/execs.h"

#define CPUS 2
#define OF_CPU 4

static struct exec_entry entries[CPUS * OF_CPU];
static __u32 heads[CPUS];
static uint64_t number;
static uint32_t ended_from; /* pids up to there are those of processes that have ended: see is_there() */
static struct execs *execs;

static const struct program program = { .exe = 0xffff888000001000, .arg_start = 0x7ffc00000010 };

static bool is_there(uint32_t pid)
{
	return pid >= ended_from;
}

static int begin(void **state)
{
	(void)state;
	memset(entries, 0, sizeof(entries));
	memset(heads, 0, sizeof(heads));
	number = ended_from = 0;
	execs = execs__new(&(struct execs_places){ entries, heads, CPUS, OF_CPU }, is_there);
	assert_non_null(execs);
	return 0;
}

static int end(void **state)
{
	(void)state;
	execs__free(execs);
	return 0;
}

static struct exec_entry *put(size_t cpu, const struct program *of, const char *bytes)
{
	struct exec_entry *entry = &entries[cpu * OF_CPU + heads[cpu]++ % OF_CPU];

	number++;
	*entry = (struct exec_entry){ .program = *of, .number = number, .len = strlen(bytes) + 1 };
	snprintf(entry->bytes, sizeof(entry->bytes), "%s", bytes);
	return entry;
}

/* The n-th of many programs, executed by process n in this cgroup, and taken. */
static void run(uint64_t n, uint64_t cgroup_id)
{
	const struct program its = { .exe = n, .arg_start = program.arg_start };
	struct exec_entry *entry = put(n % CPUS, &its, "it");

	entry->pid = (uint32_t)n;
	entry->cgroup_id = cgroup_id;
	execs__take(execs, n);
}

static int find(const struct program *of, struct cmdline_entry *out)
{
	struct execs_who who;

	return execs__find(execs, of, out, &who);
}

static bool is_known(uint64_t n)
{
	const struct program its = { .exe = n, .arg_start = program.arg_start };
	struct cmdline_entry found;

	return !find(&its, &found);
}

static size_t known(uint64_t from, uint64_t to)
{
	size_t count = 0;

	for (uint64_t n = from; n < to; n++)
		count += is_known(n);
	return count;
}

/* The CPUs are taken one after the other, and the address of a file that was closed may be another's. */
static void test_latest(void **state)
{
	struct cmdline_entry found;

	(void)state;
	put(1, &program, "first");
	put(0, &program, "between");
	put(0, &program, "last");
	put(1, &program, "before that")->number = 2;
	execs__take(execs, 1);
	assert_int_equal(find(&program, &found), 0);
	assert_string_equal(found.bytes, "last");
}

static void test_another(void **state)
{
	struct program other = program;
	struct cmdline_entry found;

	(void)state;
	assert_int_equal(find(&program, &found), -ENOENT);
	put(0, &program, "it");
	execs__take(execs, 1);
	other.arg_start += 8;
	assert_int_equal(find(&other, &found), -ENOENT);
	other = program;
	other.exe += 8;
	assert_int_equal(find(&other, &found), -ENOENT);
	assert_int_equal(find(&program, &found), 0);
}

/* Its arguments were swapped out; or its length is none. The one before isn't taken for it. */
static void test_unknown(void **state)
{
	struct cmdline_entry found;

	(void)state;
	put(0, &program, "of the one before");
	put(0, &program, "it")->len = 0;
	execs__take(execs, 1);
	assert_int_equal(find(&program, &found), -ENOENT);
	put(0, &program, "it")->len = sizeof(found.bytes) + 1;
	execs__take(execs, 1);
	assert_int_equal(find(&program, &found), -ENOENT);
	put(0, &program, "it")->cut = 1;
	execs__take(execs, 1);
	assert_int_equal(find(&program, &found), 0);
	assert_int_equal(found.cut, 1);
}

/* What the kernel side has written over, or is writing over, is counted, and the rest of the CPU is there. */
static void test_missed(void **state)
{
	struct program its = program;
	struct cmdline_entry found;

	(void)state;
	for (its.exe = 1; its.exe <= OF_CPU + 2; its.exe++)
		put(1, &its, "it");
	entries[OF_CPU + 2].program.exe = 0;
	execs__take(execs, 1);
	assert_int_equal(execs__missed(execs), 3);
	for (its.exe = 1; its.exe <= OF_CPU + 2; its.exe++)
		assert_int_equal(find(&its, &found), its.exe <= 3 ? -ENOENT : 0);
	its.exe = 100;
	put(1, &its, "next");
	execs__take(execs, 2);
	assert_int_equal(find(&its, &found), 0);
	assert_int_equal(execs__missed(execs), 3);
}

/* Its pid may come to be another's, whose start is later than when the first one's exec was taken. */
static void test_who(void **state)
{
	struct cmdline_entry found;
	struct execs_who who;

	(void)state;
	put(0, &program, "it")->pid = 7;
	execs__take(execs, 1000);
	assert_int_equal(execs__find(execs, &program, &found, &who), 0);
	assert_true(execs__is(&who, 7, 990));
	assert_true(execs__is(&who, 7, 1000));
	assert_false(execs__is(&who, 7, 1001));
	assert_false(execs__is(&who, 8, 990));
	assert_false(execs__is(&who, 7, 0)); /* not known */
}

/* A neighbour who executes as many as he likes has only his own forgotten. */
static void test_neighbour(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= 100; n++)
		run(n, 1 + n % 5);
	for (uint64_t n = 1000; n < 1000 + 10 * EXECS_KEPT; n++)
		run(n, 77);
	assert_int_equal(execs__missed(execs), 0);
	assert_int_equal(known(1, 101), 100);
	/* And of his the latest are there. */
	assert_int_equal(known(1000 + 9 * EXECS_KEPT + EXECS_KEPT / 2, 1000 + 10 * EXECS_KEPT),
			 EXECS_KEPT / 2);
}

/* Two that have the most lose as many as it takes. */
static void test_two_neighbours(void **state)
{
	(void)state;
	run(1, 1);
	for (uint64_t n = 2; n < 2 + 2 * EXECS_KEPT; n++)
		run(n, 100 + n % 2);
	assert_true(is_known(1));
	assert_true(known(2, 2 + 2 * EXECS_KEPT) >= EXECS_KEPT / 2);
	assert_int_equal(known(2 + 2 * EXECS_KEPT - 500, 2 + 2 * EXECS_KEPT), 500);
}

/* In one cgroup: the first process goes on, and what looks after it now and then has ended. */
static void test_ended_first(void **state)
{
	const uint64_t first = 1000000;

	(void)state;
	ended_from = first;
	run(first, 1);
	for (uint64_t n = 1; n < 10 * EXECS_KEPT; n++)
		run(n, 1);
	assert_true(is_known(first));
	assert_true(is_known(10 * EXECS_KEPT - 1));
}

/* Each in a cgroup of its own: then the oldest go, of processes that have ended before others. */
static void test_many_cgroups(void **state)
{
	const uint64_t first = 1000000;

	(void)state;
	ended_from = first;
	run(first, first);
	for (uint64_t n = 1; n < 3 * EXECS_KEPT; n++)
		run(n, n);
	assert_true(is_known(first));
	assert_int_equal(known(3 * EXECS_KEPT - EXECS_KEPT / 2, 3 * EXECS_KEPT), EXECS_KEPT / 2);
	/* Nobody has ended. */
	ended_from = 0;
	for (uint64_t n = 2 * first; n < 2 * first + 3 * EXECS_KEPT; n++)
		run(n, n);
	assert_int_equal(known(2 * first + 2 * EXECS_KEPT + EXECS_KEPT / 2, 2 * first + 3 * EXECS_KEPT),
			 EXECS_KEPT / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_latest, begin, end),
		cmocka_unit_test_setup_teardown(test_another, begin, end),
		cmocka_unit_test_setup_teardown(test_unknown, begin, end),
		cmocka_unit_test_setup_teardown(test_missed, begin, end),
		cmocka_unit_test_setup_teardown(test_who, begin, end),
		cmocka_unit_test_setup_teardown(test_neighbour, begin, end),
		cmocka_unit_test_setup_teardown(test_two_neighbours, begin, end),
		cmocka_unit_test_setup_teardown(test_ended_first, begin, end),
		cmocka_unit_test_setup_teardown(test_many_cgroups, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
