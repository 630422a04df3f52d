// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kmsg/reader.h"

#define HEAD "stress invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
#define KILL(pid)                                                                                   \
	"Memory cgroup out of memory: Killed process " pid " (stress) total-vm:9kB, anon-rss:8kB, " \
	"file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n"

/* What was told of the last incident, and how many there were. */
struct told {
	unsigned int incidents, killers, victims;
	uint64_t first_line, last_line;
	enum kmsg_outcome outcome;
	enum kmsg_write write;
	enum kmsg_dump dump;
	struct kmsg_incident last;
};

static int on_incident(void *ctx, const struct kmsg_incident *incident)
{
	struct told *told = ctx;

	told->incidents++;
	told->victims += incident->victim_count;
	told->first_line = incident->first_line;
	told->last_line = incident->last_line;
	told->outcome = incident->outcome;
	told->write = incident__inside_write(incident);
	told->dump = incident__dump(incident);
	told->last = *incident;
	return 0;
}

static int on_killer(void *ctx, const struct kmsg_killer *killer)
{
	struct told *told = ctx;

	(void)killer;
	told->killers++;
	return 0;
}

/* Reads a log in pieces of `step` bytes. */
static struct told read_in_steps(const char *log, size_t step)
{
	struct told told = { 0 };
	const struct kmsg_handlers handlers = { on_incident, on_killer, &told };
	struct kmsg_reader *reader = kmsg_reader__new(&handlers);
	size_t len = strlen(log);

	assert_non_null(reader);
	kmsg_reader__begin_file(reader, "log");
	for (size_t at = 0; at < len; at += step)
		assert_int_equal(kmsg_reader__feed(reader, log + at, len - at < step ? len - at : step), 0);
	assert_int_equal(kmsg_reader__end_file(reader), 0);
	assert_int_equal(kmsg_reader__finish(reader), 0);
	kmsg_reader__free(reader);
	return told;
}

static struct told read_log(const char *log)
{
	struct told told = read_in_steps(log, 1 << 20), again = read_in_steps(log, 1);

	assert_int_equal(again.incidents, told.incidents);
	assert_int_equal(again.victims, told.victims);
	assert_int_equal(again.last_line, told.last_line);
	return told;
}

static void a_kill_alone(void **state)
{
	struct told told = read_log("x\n" KILL("7") "y\n" KILL("8"));

	(void)state;
	assert_int_equal(told.incidents, 2);
	assert_int_equal(told.victims, 2);
	assert_int_equal(told.first_line, 4);
	assert_int_equal(told.dump, KMSG_DUMP_NONE);
	assert_int_equal(told.outcome, KMSG_KILLED);
}

/* A group is one decision; the kernel prints its first victim twice. */
static void a_group(void **state)
{
	struct told told = read_log(HEAD KILL("7") "Tasks in /a are going to be killed due to "
						   "memory.oom.group set\n" KILL("7") KILL("8") KILL("9"));

	(void)state;
	assert_int_equal(told.incidents, 1);
	assert_int_equal(told.victims, 3);
	assert_string_equal(told.last.group_cgroup, "/a");
	/* A second one whose own report was left out, since these are limited to 10 in 5 s. */
	told = read_log(
		HEAD KILL("7") "Tasks in /a are going to be killed due to memory.oom.group set\n" KILL("8")
			KILL("17") "Tasks in /b are going to be killed due to memory.oom.group set\n" KILL(
				"18"));
	assert_int_equal(told.incidents, 2);
	assert_int_equal(told.victims, 4);
	assert_string_equal(told.last.group_cgroup, "/b");
}

static void nothing_killable(void **state)
{
	struct told told = read_log(HEAD "CPU: 1 PID: 9 Comm: stress Not tainted 6.1.0 #1\n"
					 "memory: usage 8kB, limit 4kB, failcnt 2\n"
					 "Memory cgroup stats for /a:\n"
					 "Out of memory and no killable processes...\n");

	(void)state;
	assert_int_equal(told.incidents, 1);
	assert_int_equal(told.outcome, KMSG_NO_KILLABLE);
	assert_int_equal(told.last.constraint, KMSG_MEMCG);
	assert_string_equal(told.last.limit_cgroup, "/a");
	told = read_log(HEAD "Mem-Info:\nOut of memory and no killable processes...\n"
			     "Kernel panic - not syncing: System is deadlocked on memory\n");
	assert_int_equal(told.incidents, 1);
	assert_int_equal(told.outcome, KMSG_PANIC);
	assert_int_equal(told.last.constraint, KMSG_MACHINE);
	assert_int_equal(told.last_line, 4);
	told = read_log(HEAD
			"Mem-Info:\nKernel panic - not syncing: Out of memory: compulsory panic_on_oom is "
			"enabled\n");
	assert_int_equal(told.incidents, 1);
	assert_int_equal(told.outcome, KMSG_PANIC);
	/* The end is missing: it isn't known. */
	told = read_log(HEAD "Mem-Info:\n");
	assert_int_equal(told.outcome, KMSG_UNKNOWN);
	assert_int_equal(told.dump, KMSG_DUMP_CUT);
	assert_true(told.last.unclear & KMSG_UNCLEAR_CUT);
}

/* The rule for words found on the stack, which 316 of 316 live dumps obey. */
static void inside_a_write(void **state)
{
	struct told told;

	(void)state;
	told = read_log(HEAD "Call Trace:\n mem_cgroup_out_of_memory+0x1/0x2\n memory_max_write+0x1/0x2\n "
			     "vfs_write+0x1/0x2\nmemory: usage 4kB, limit 4kB, failcnt 0\n" KILL("7"));
	assert_int_equal(told.write, KMSG_WRITE_YES);
	told = read_log(HEAD "Call Trace:\n mem_cgroup_out_of_memory+0x1/0x2\n ? memory_max_write+0x1/0x2\n "
			     "? vfs_write+0x1/0x2\nmemory: usage 4kB, limit 4kB, failcnt 0\n" KILL("7"));
	assert_int_equal(told.write, KMSG_WRITE_PERHAPS);
	assert_true(told.last.unclear & KMSG_UNCLEAR_WRITE);
	told = read_log(HEAD "Call Trace:\n mem_cgroup_out_of_memory+0x1/0x2\n ? memory_max_write+0x1/0x2\n "
			     "try_charge+0x1/0x2\nmemory: usage 4kB, limit 4kB, failcnt 0\n" KILL("7"));
	assert_int_equal(told.write, KMSG_WRITE_NO);
	/* No trace, or one that was cut below the OOM killer, proves nothing. */
	told = read_log(HEAD KILL("7"));
	assert_int_equal(told.write, KMSG_WRITE_UNTOLD);
	assert_int_equal(told.dump, KMSG_DUMP_GREPPED);
	told = read_log(HEAD "Call Trace:\n mem_cgroup_out_of_memory+0x1/0x2\n" KILL("7"));
	assert_int_equal(told.write, KMSG_WRITE_UNTOLD);
	/* ARM's, and PowerPC's, in which unsure frames are marked behind. */
	told = read_log(HEAD " unwind_backtrace from show_stack+0x10/0x14\n memory_max_write from "
			     "kernfs_fop_write+0x1/0x2\nmemory: usage 4kB, limit 4kB, failcnt 0\n" KILL("7"));
	assert_int_equal(told.write, KMSG_WRITE_YES);
	told = read_log(HEAD "[c000] [c001] out_of_memory+0x1/0x2\n[c000] [c001] memory_max_write+0x1/0x2 "
			     "(unreliable)\nmemory: usage 4kB, limit 4kB, failcnt 0\n" KILL("7"));
	assert_int_equal(told.write, KMSG_WRITE_PERHAPS);
}

/* A page allocation that fails in an interrupt prints a trace and the machine's memory, too. */
static void other_reports_between(void **state)
{
	struct told told;

	(void)state;
	told = read_log("[    1.000000] " HEAD "[    1.000001] Call Trace:\n"
			"[    1.000002]  mem_cgroup_out_of_memory+0x1/0x2\n"
			"[    1.000003] swapper/3: page allocation failure: order:0, mode:0xa20(GFP_ATOMIC)\n"
			"[    1.000004] CPU: 3 PID: 0 Comm: swapper/3 Not tainted 5.10.0-21-amd64 #1\n"
			"[    1.000005] Mem-Info:\n"
			"[    1.000006] Node 0 DMA free:4kB min:8kB low:12kB high:16kB managed:99kB\n"
			"[    1.000007] memory: usage 4kB, limit 4kB, failcnt 0\n"
			"[    1.000008] " KILL("7"));
	assert_int_equal(told.incidents, 1);
	assert_int_equal(told.last.machine.zone_count, 0);
	assert_false(told.last.has_trigger_pid);
	assert_int_equal(told.write, KMSG_WRITE_UNTOLD);
	assert_true(told.last.unclear & KMSG_UNCLEAR_TRACE);
}

/* Old lines come again under another wall clock; a console doubles each line. */
static void the_same_again(void **state)
{
	struct told told;

	(void)state;
	told = read_log(
		"Jun  1 00:00:01 a kernel: [    1.000000] " KILL("7") "Jun  1 09:00:00 a kernel: [    "
								      "1.000000] " KILL("7"));
	assert_int_equal(told.incidents, 1);
	told = read_log("Jun  1 00:00:01 a kernel: [    1.000000] " KILL("7") "Jun  1 00:00:01 a kernel: [ "
									      "9000.000000] " KILL("7"));
	assert_int_equal(told.incidents, 2);
	told = read_log("[    1.000000] " HEAD "[    1.000000] " HEAD
			"[    1.000001] " KILL("7") "[    1.000001] " KILL("7"));
	assert_int_equal(told.incidents, 1);
	assert_int_equal(told.victims, 1);
	/* Two hosts may well kill the same pid. */
	told = read_log("Jun  1 00:00:01 a kernel: " KILL("7") "Jun  1 00:00:01 b kernel: " KILL("7"));
	assert_int_equal(told.incidents, 2);
}

/* A line of user space is none of the kernel's where the log tells them apart. */
static void what_users_write(void **state)
{
	struct told told;

	(void)state;
	told = read_log("Jun  1 00:00:01 a sshd[1]: " KILL("7") "Jun  1 00:00:01 a kernel: x\n"
								"Jun  1 00:00:02 a app[2]: x\n" KILL("8"));
	assert_int_equal(told.incidents, 0);
	told = read_log("<12>[    1.000000] " KILL("7"));
	assert_int_equal(told.incidents, 0);
	/* The kernel's own kills have a stamp where its other lines have one. */
	told = read_log("[    1.000000] x\n" KILL("7"));
	assert_int_equal(told.incidents, 0);
	told = read_log("May 17 10:02:19 a earlyoom[610]: sending SIGTERM to process 25957 uid 0 \"x\": "
			"badness 711, VmRSS 5256 MiB\n");
	assert_int_equal(told.incidents, 0);
	assert_int_equal(told.killers, 1);
}

/* Terminals break lines at their width, mails between words. */
static void broken_lines(void **state)
{
	struct told told;

	(void)state;
	told = read_log(
		"[    1.000000] Memory cgroup out of memory: Killed process 7 (stress) total-vm:9kB, a\n"
		"non-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n");
	assert_int_equal(told.incidents, 1);
	assert_true(told.last.last_line == 2);
	told = read_log(
		"Memory cgroup out of memory: Killed process 7 (stress)\ntotal-vm:9kB, anon-rss:8kB,\n"
		"file-rss:0kB, shmem-rss:0kB\n");
	assert_int_equal(told.incidents, 1);
}

static void columns_by_their_names(void **state)
{
	struct told told;

	(void)state;
	told = read_log("[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name\n"
			"[    7]    33     7        4        2      1     1        3          -998 a b\n"
			"Killed process 7 (a b) total-vm:16kB, anon-rss:8kB, file-rss:0kB\n");
	assert_int_equal(told.incidents, 1);
	assert_int_equal(told.dump, KMSG_DUMP_HEADLESS);
	assert_int_equal(told.last.page_size, 4096);
	assert_int_equal(told.last.task_rows, 1);
	/* 64 KiB pages. */
	told = read_log(
		"[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes "
		"swapents oom_score_adj name\n"
		"[      7]    33     7        4        2      1     1        0  65536      3    0 a b\n"
		"Out of memory: Killed process 7 (a b) total-vm:256kB, anon-rss:128kB, file-rss:0kB, "
		"shmem-rss:0kB, UID:33 pgtables:64kB oom_score_adj:0\n");
	assert_int_equal(told.last.page_size, 65536);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_alone),		  cmocka_unit_test(a_group),
		cmocka_unit_test(nothing_killable),	  cmocka_unit_test(inside_a_write),
		cmocka_unit_test(other_reports_between),  cmocka_unit_test(the_same_again),
		cmocka_unit_test(what_users_write),	  cmocka_unit_test(broken_lines),
		cmocka_unit_test(columns_by_their_names),
	};

	return cmocka_run_group_tests_name("kmsg_reader", tests, NULL, NULL);
}
