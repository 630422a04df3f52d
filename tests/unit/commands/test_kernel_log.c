// SPDX-License-Identifier: GPL-2.0-only
/* --kernel-log: what is told of kills that were traced and kills in the log, which comes by a socket here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/clock.h"
#include "commands/kernel_log.h"

struct told {
	uint64_t oom_id, missed;
	uint32_t pid;
	bool in_log, has_machine;
	size_t differences;
	char field[32];
};

struct fixture {
	struct kernel_log *log;
	int fd;
	unsigned int sequence;
	struct told told[8];
	size_t count;
};

static void take(void *ctx, const struct record *record)
{
	const struct record_kernel_log *from = &record->kernel_log;
	struct fixture *f = ctx;
	struct told *told = &f->told[f->count++];

	assert_int_equal(record->kind, RECORD_KERNEL_LOG);
	assert_true(f->count <= ARRAY_SIZE(f->told));
	*told = (struct told){
		.oom_id = from->oom_id,
		.missed = from->missed,
		.pid = from->pid,
		.in_log = from->log,
		.has_machine = from->log && from->log->machine,
		.differences = from->difference_count,
	};
	if (from->difference_count)
		snprintf(told->field, sizeof(told->field), "%s", from->differences[0].field);
}

static void begin(struct fixture *f, const char *target)
{
	int fds[2];

	*f = (struct fixture){ .sequence = 700 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(kernel_log__new(fds[0], target, take, f, &f->log), 0);
	f->fd = fds[1];
}

static void end(struct fixture *f)
{
	kernel_log__free(f->log);
	close(f->fd);
}

/* The kernel logs these, a line each. */
static void print(struct fixture *f, const char *text)
{
	char line[1024];

	while (*text) {
		size_t len = strcspn(text, "\n");
		int size = snprintf(line, sizeof(line), "4,%u,%u,-;%.*s\n", f->sequence,
				    5000000 + f->sequence, (int)len, text);

		f->sequence++;
		assert_int_equal(write(f->fd, line, (size_t)size), size);
		text += len + (text[len] == '\n');
	}
	kernel_log__read(f->log, clock__ns(CLOCK_BOOTTIME));
}

/* After so long without a line. */
static void wait_s(struct fixture *f, uint64_t seconds)
{
	kernel_log__tick(f->log, clock__ns(CLOCK_BOOTTIME) + seconds * NS_PER_S);
}

static const char report[] =
	"tail invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0\n"
	"CPU: 0 PID: 77 Comm: tail Not tainted 6.1.0 #1\n"
	"Call Trace:\n"
	" out_of_memory+0x1fd/0x4c0\n"
	"Mem-Info:\n"
	"Node 0 DMA32 free:44000kB boost:0kB min:44900kB low:56000kB high:67000kB managed:1990000kB\n"
	"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/a,task=tail,"
	"pid=77,uid=0\n";
static const char kill_77[] =
	"Out of memory: Killed process 77 (tail) total-vm:8000kB, anon-rss:4000kB, file-rss:0kB, "
	"shmem-rss:0kB, UID:0 pgtables:48kB oom_score_adj:0\n";
static const char kill_78[] =
	"Memory cgroup out of memory: Killed process 78 (tail) total-vm:8000kB, anon-rss:4000kB, "
	"file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:48kB oom_score_adj:0\n";

static void trace(struct fixture *f, uint64_t id, uint32_t tid, uint32_t uid)
{
	struct record_victim victim = {
		.pid = tid,
		.tid = tid,
		.uid = uid,
		.role = ROLE_CHOSEN,
		.comm = "tail",
		.has_mm = true,
		.total_vm_bytes = 8000 * 1024,
		.anon_rss_bytes = 4000 * 1024,
		.pgtables_bytes = 48 * 1024,
	};
	struct record record = { .kind = RECORD_OOM,
				 .oom = { .id = id, .victims = &victim, .victim_count = 1 } };

	kernel_log__on_oom(f->log, &record);
}

static void test_the_same_with_the_machine(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, NULL);
	print(&f, report);
	print(&f, kill_77);
	trace(&f, 3, 77, 0);
	kernel_log__tick(f.log, clock__ns(CLOCK_BOOTTIME));
	assert_int_equal(f.count, 0); /* more may come */
	wait_s(&f, 2);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.told[0].oom_id, 3);
	assert_int_equal(f.told[0].differences, 0);
	assert_true(f.told[0].has_machine);
	wait_s(&f, 20);
	kernel_log__finish(f.log, clock__ns(CLOCK_BOOTTIME));
	assert_int_equal(f.count, 1);
	end(&f);
}

/* While lines go on to come, too. */
static void test_a_busy_log(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, NULL);
	print(&f, report);
	print(&f, kill_77);
	trace(&f, 3, 77, 0);
	f.sequence += 4000000; /* µs */
	print(&f, "eth0: link is up");
	kernel_log__tick(f.log, clock__ns(CLOCK_BOOTTIME));
	assert_int_equal(f.count, 2);
	assert_int_equal(f.told[0].missed, 4000000);
	assert_int_equal(f.told[1].oom_id, 3);
	end(&f);
}

static void test_different(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, NULL);
	print(&f, kill_77);
	trace(&f, 4, 77, 1000);
	kernel_log__finish(f.log, clock__ns(CLOCK_BOOTTIME));
	assert_int_equal(f.count, 1);
	assert_int_equal(f.told[0].oom_id, 4);
	assert_int_equal(f.told[0].differences, 1);
	assert_string_equal(f.told[0].field, "uid");
	end(&f);
}

static void test_only_one_of_them(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, NULL);
	print(&f, kill_77);
	trace(&f, 5, 99, 0);
	wait_s(&f, 2);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.told[0].oom_id, 0);
	assert_int_equal(f.told[0].pid, 77);
	wait_s(&f, 11);
	assert_int_equal(f.count, 2);
	assert_int_equal(f.told[1].oom_id, 5);
	assert_false(f.told[1].in_log);
	end(&f);
}

/* The log was opened before kills were traced. */
static void test_before_the_trace(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, NULL);
	print(&f, report);
	print(&f, kill_77);
	kernel_log__begin(f.log, clock__ns(CLOCK_BOOTTIME));
	print(&f, kill_78);
	kernel_log__finish(f.log, clock__ns(CLOCK_BOOTTIME));
	assert_int_equal(f.count, 1);
	assert_int_equal(f.told[0].pid, 78);
	end(&f);
}

/* The line may be one of those that were overwritten. */
static void test_no_line_is_missed_then(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, NULL);
	print(&f, "eth0: link is up");
	f.sequence += 5;
	print(&f, "eth0: link is down");
	trace(&f, 6, 99, 0);
	kernel_log__finish(f.log, clock__ns(CLOCK_BOOTTIME));
	assert_int_equal(f.count, 1);
	assert_int_equal(f.told[0].missed, 5);
	end(&f);
}

/* It may be farther on in a log that is full of others' lines. */
static void test_behind_a_flood(void **state)
{
	static const char flood[] = "flood\n";
	char lines[130 * (sizeof(flood) - 1) + 1] = "";
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < 130; i++)
		strcat(lines, flood);
	begin(&f, NULL);
	trace(&f, 8, 77, 0);
	print(&f, lines);
	/* There are still some. */
	kernel_log__read(f.log, clock__ns(CLOCK_BOOTTIME) + 9 * NS_PER_S);
	wait_s(&f, 11);
	assert_int_equal(f.count, 0);
	print(&f, kill_77);
	wait_s(&f, 14);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.told[0].oom_id, 8);
	assert_true(f.told[0].in_log);
	/* And then there is none. */
	trace(&f, 9, 78, 0);
	wait_s(&f, 30);
	assert_int_equal(f.count, 2);
	assert_false(f.told[1].in_log);
	end(&f);
}

/* A log without its report doesn't tell the cgroup. */
static void test_other_cgroups(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/b");
	print(&f, report);
	print(&f, kill_77);
	print(&f, kill_78);
	kernel_log__finish(f.log, clock__ns(CLOCK_BOOTTIME));
	assert_int_equal(f.count, 0);
	end(&f);
	begin(&f, "/a");
	print(&f, report);
	print(&f, kill_77);
	print(&f, kill_78);
	kernel_log__finish(f.log, clock__ns(CLOCK_BOOTTIME));
	assert_int_equal(f.count, 1);
	assert_int_equal(f.told[0].pid, 77);
	end(&f);
}

/* A kill in /a of a target that begins in `at`, and comes back in /b so often. Returns how many are told. */
static size_t told_after_moves(const char *at, int moves)
{
	struct fixture f;
	size_t count;

	begin(&f, at);
	while (moves--)
		kernel_log__move(f.log, "/b");
	print(&f, report);
	print(&f, kill_77);
	kernel_log__finish(f.log, clock__ns(CLOCK_BOOTTIME));
	count = f.count;
	end(&f);
	return count;
}

/* A target that comes back elsewhere. Lines of where it was may be to come. */
static void test_a_target_that_moves(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(told_after_moves("/a", 0), 1);
	assert_int_equal(told_after_moves("/a", 1), 1);
	assert_int_equal(told_after_moves("/a", 2), 0);
	begin(&f, "/b");
	kernel_log__move(f.log, "/a");
	print(&f, report);
	print(&f, kill_77);
	kernel_log__finish(f.log, clock__ns(CLOCK_BOOTTIME));
	assert_int_equal(f.count, 1);
	end(&f);
}

/* More kills than are kept, and a log that is gone. */
static void test_bounds(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, NULL);
	for (uint32_t i = 0; i < 1000; i++)
		trace(&f, i + 1, i + 1000, 0);
	close(f.fd);
	assert_true(kernel_log__read(f.log, 1) < 0);
	kernel_log__finish(f.log, clock__ns(CLOCK_BOOTTIME));
	assert_int_equal(f.count, 0);
	kernel_log__free(f.log);
	kernel_log__free(NULL);
	kernel_log__begin(NULL, 1);
	kernel_log__tick(NULL, 1);
	kernel_log__finish(NULL, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_with_the_machine),
		cmocka_unit_test(test_a_busy_log),
		cmocka_unit_test(test_different),
		cmocka_unit_test(test_only_one_of_them),
		cmocka_unit_test(test_no_line_is_missed_then),
		cmocka_unit_test(test_behind_a_flood),
		cmocka_unit_test(test_other_cgroups),
		cmocka_unit_test(test_a_target_that_moves),
		cmocka_unit_test(test_before_the_trace),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
