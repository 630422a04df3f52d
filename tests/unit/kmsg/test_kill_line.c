// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "kmsg/kill_line.h"

static struct span of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static void kills_of_all_kernels(void **state)
{
	static const struct {
		const char *text, *comm;
		uint32_t pid;
		bool memcg, machine, has_uid, has_adj, has_pgtables;
		uint64_t anon;
	} kills[] = {
		{ "Killed process 28732, UID 7, (httpd) total-vm:12kB, anon-rss:4kB, file-rss:0kB", "httpd",
		  28732, .has_uid = true, .anon = 4096 },
		{ "Killed process 7 (a) total-vm:12kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB", "a", 7,
		  .anon = 4096 },
		{ "Killed process 7 (a), UID 0, total-vm:12kB, anon-rss:8kB, file-rss:0kB", "a", 7,
		  .has_uid = true, .anon = 8192 },
		{ "Out of memory: Killed process 7 ((sd) x) total-vm:12kB, anon-rss:8kB, file-rss:0kB, "
		  "shmem-rss:0kB, UID:5 pgtables:4kB oom_score_adj:-3",
		  "(sd) x", 7, .machine = true, .has_uid = true, .has_adj = true, .has_pgtables = true,
		  .anon = 8192 },
		{ "Memory cgroup out of memory: Killed process 7 (a) total-vm:1kB, anon-rss:) total-vm:9kB, "
		  "anon-rss:8kB, file-rss:0kB",
		  "a) total-vm:1kB, anon-rss:", 7, .memcg = true, .anon = 8192 },
		{ "Out of memory (oom_kill_allocating_task): Killed process 7 (a) total-vm:1kB, "
		  "anon-rss:0kB, file-rss:0kB",
		  "a", 7, .machine = true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kills); i++) {
		struct kill_line_facts facts;

		print_message("%s\n", kills[i].text);
		assert_int_equal(kill_line__parse(of(kills[i].text), &facts), KILL_LINE_KILLED);
		assert_string_equal(facts.victim.comm, kills[i].comm);
		assert_int_equal(facts.victim.pid, kills[i].pid);
		assert_true(facts.victim.has_figures);
		assert_int_equal(facts.victim.anon_rss_bytes, kills[i].anon);
		assert_int_equal(facts.memcg, kills[i].memcg);
		assert_int_equal(facts.machine, kills[i].machine);
		assert_int_equal(facts.victim.has_uid, kills[i].has_uid);
		assert_int_equal(facts.victim.has_adj, kills[i].has_adj);
		assert_int_equal(facts.victim.has_pgtables, kills[i].has_pgtables);
	}
}

static void other_lines(void **state)
{
	static const struct {
		const char *text;
		enum kill_line kind;
	} others[] = {
		{ "Out of memory: Kill process 7 (a) score 9 or sacrifice child", KILL_LINE_CHOSEN },
		{ "Memory cgroup out of memory: Kill process 7 (a b) score 1190 or sacrifice child",
		  KILL_LINE_CHOSEN },
		{ "Kill process 7 (a) sharing same memory", KILL_LINE_SHARES },
		/* not the kernel's, or broken */
		{ "test string: Out of memory: Killed process 4242 (evil) total-vm:1kB", KILL_LINE_NONE },
		{ "foo Killed process 7 (a) total-vm:1kB", KILL_LINE_NONE },
		{ "Killed process (a)", KILL_LINE_NONE },
		{ "Killed process 99999999999 (a) total-vm:1kB", KILL_LINE_NONE },
		{ "Killed process 7", KILL_LINE_NONE },
		{ "", KILL_LINE_NONE },
	};
	struct kill_line_facts facts;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		print_message("%s\n", others[i].text);
		assert_int_equal(kill_line__parse(of(others[i].text), &facts), others[i].kind);
	}
}

static void the_reaper(void **state)
{
	struct kmsg_victim left;

	(void)state;
	assert_true(kill_line__parse_reaper(of("oom_reaper: reaped process 9 (a b), now anon-rss:4kB, "
					       "file-rss:8kB, shmem-rss:12lB"),
					    &left));
	assert_true(left.reaped && left.has_left);
	assert_int_equal(left.pid, 9);
	assert_string_equal(left.comm, "a b");
	assert_int_equal(left.left_shmem_bytes, 12288);
	assert_true(kill_line__parse_reaper(of("oom_reaper: unable to reap pid:9 (a)"), &left));
	assert_true(left.unable_to_reap);
	assert_false(kill_line__parse_reaper(of("task:oom_reaper      state:S stack:0"), &left));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kills_of_all_kernels),
		cmocka_unit_test(other_lines),
		cmocka_unit_test(the_reaper),
	};

	return cmocka_run_group_tests_name("kmsg_kill_line", tests, NULL, NULL);
}
