// SPDX-License-Identifier: GPL-2.0-only
/* What of a run is told in full, what in a line, what not at all, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "output/text.h"
#include "record/sink.h"

#define S 1000000000LL
#define MIB (1ULL << 20)

struct page {
	struct sink *sink;
	FILE *out;
	char *text;
	size_t size;
};

static const struct record_level limit = { .id = 7,
					   .path = "/web",
					   .has_memory = true,
					   .is_limit = true,
					   .usage_bytes = 80 * MIB,
					   .max_bytes = 80 * MIB,
					   .high_bytes = RECORD_NO_LIMIT };

static void take(struct page *page, const struct record *record)
{
	assert_int_equal(sink__take(page->sink, record), 0);
}

static void begin_as(struct page *page, enum text_detail detail, unsigned int columns)
{
	struct record session = { .kind = RECORD_SESSION, .session = { .version = "1", .kernel = "6.1" } };

	*page = (struct page){ 0 };
	page->out = open_memstream(&page->text, &page->size);
	assert_non_null(page->out);
	page->sink = text__new(page->out, (struct text_look){ .detail = detail, .columns = columns });
	assert_non_null(page->sink);
	take(page, &session);
}

static void begin(struct page *page)
{
	begin_as(page, TEXT_DEFAULT, 0);
}

/* What is there after the session's line. */
static const char *text_of(struct page *page)
{
	const char *line;

	fflush(page->out);
	line = strstr(page->text, "watching the whole machine\n");
	assert_non_null(line);
	return strchr(line, '\n') + 1;
}

static void end(struct page *page, int64_t second)
{
	struct record record = { .kind = RECORD_END,
				 .time = { .boot_ns = (uint64_t)second * S, .wall_ns = second * S } };

	record.end.reason = "interrupted";
	take(page, &record);
	assert_int_equal(sink__finish(page->sink), 0);
}

static void stop(struct page *page)
{
	page->sink->ops->free(page->sink);
	fclose(page->out);
	free(page->text);
}

static void oom(struct page *page, uint64_t id, int64_t second, const char *comm)
{
	const struct record_victim victim = { .comm = comm,
					      .pid = 100 + (uint32_t)id,
					      .tid = 100 + (uint32_t)id,
					      .has_mm = true,
					      .anon_rss_bytes = 20 * MIB,
					      .cgroup = "/web" };
	const struct record_history history = { .has_growth = true, .growth_bytes_per_s = 10 * MIB };
	struct record record = { .kind = RECORD_OOM,
				 .time = { .boot_ns = (uint64_t)second * S, .wall_ns = second * S } };

	record.oom = (struct record_oom){ .id = id,
					  .cause = CAUSE_LIMIT_UNCHANGED,
					  .outcome = comm ? OOM_KILLED : OOM_NO_VICTIM,
					  .trigger_comm = "t",
					  .trigger_pid = victim.pid,
					  .limit = &limit,
					  .victims = &victim,
					  .victim_count = comm ? 1 : 0,
					  .killed = comm ? 1 : 0,
					  .history = &history };
	take(page, &record);
}

static void stack(struct page *page, uint64_t oom_id, const struct record_frame *frames, size_t count)
{
	struct record record = { .kind = RECORD_STACK };

	record.stack = (struct record_stack){ .oom_id = oom_id, .user = frames, .user_count = count };
	take(page, &record);
}

static int count(const char *text, const char *what)
{
	int found = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		found++;
	return found;
}

/* What may be missing isn't passed over, and what the kernel counted beside it neither. */
static void test_end(void **state)
{
	struct record_end ends[] = {
		{ .reason = "done", .skipped_exits = 3 },
		{ .reason = "done", .skipped_signals = 3 },
		{ .reason = "done", .skipped_exits = 1, .skipped_signals = 1 },
		{ .reason = "done", .early_kills = 1 },
		{ .reason = "done", .has_kernel_events = true, .kernel_events = { .max = 9, .oom = 2 } },
		{ .reason = "done", .ooms = 1, .has_kernel_events = true, .kernel_events = { .oom = 2 } },
	};
	static const char *const words[] = {
		"0 OOMs, 0 processes killed, nothing lost, ends of processes may be missing (done)\n",
		"0 OOMs, 0 processes killed, nothing lost, senders of SIGKILL may be missing (done)\n",
		"nothing lost, ends of processes and senders of SIGKILL may be missing (done)\n",
		"nothing lost, 1 kill not reported because the OOM may have begun before the trace (done)\n",
		"0 processes killed, though the kernel has counted 2 attempts (oom in memory.events), nothing lost (done)\n",
		"1 OOM, 0 processes killed, nothing lost (done)\n",
	};
	struct page page;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct record record = { .kind = RECORD_END,
					 .time = { .boot_ns = S, .wall_ns = S },
					 .end = ends[i] };

		begin(&page);
		take(&page, &record);
		assert_int_equal(sink__finish(page.sink), 0);
		assert_non_null(strstr(text_of(&page), words[i]));
		stop(&page);
	}
}

static void test_first_in_full(void **state)
{
	static const char line[] = "00:00:02.000  /web  OOM 2  killed hog/102  anon 20.0 of 80.0 MiB  "
				   "grew into its own limit  +10.0 MiB/s\n";
	struct page page;

	(void)state;
	begin(&page);
	oom(&page, 1, 1, "hog");
	oom(&page, 2, 2, "hog");
	oom(&page, 3, 3, "other");
	end(&page, 4);
	assert_int_equal(count(text_of(&page), "    limit     80.0 MiB of /web, usage 80.0 MiB\n"), 2);
	assert_non_null(strstr(text_of(&page), "OOM 1: killed hog (pid 101)\n    process   anon 20.0 MiB\n"));
	assert_non_null(strstr(text_of(&page), line));
	assert_non_null(strstr(text_of(&page), "OOM 3: killed other (pid 103)\n"));
	/* The verdict is the last thing. */
	assert_non_null(
		strstr(text_of(&page), "nothing lost (interrupted)\n/web lost 3 processes in 3 OOMs"));
	stop(&page);
	begin_as(&page, TEXT_BRIEF, 0);
	oom(&page, 1, 1, "hog");
	oom(&page, 2, 2, "hog");
	assert_int_equal(count(text_of(&page), "\n"), 2);
	assert_non_null(strstr(text_of(&page), line));
	stop(&page);
	begin_as(&page, TEXT_ALL, 0);
	oom(&page, 1, 1, "hog");
	oom(&page, 2, 2, "hog");
	end(&page, 4);
	assert_int_equal(count(text_of(&page), "    limit     80.0 MiB of /web, usage 80.0 MiB\n"), 2);
	stop(&page);
}

/* A field goes to the next line, under the first; none is broken inside of a number or a name. */
static void test_narrow(void **state)
{
	struct page page;

	(void)state;
	begin_as(&page, TEXT_BRIEF, 40);
	oom(&page, 2, 2, "a b c");
	fflush(page.out);
	assert_non_null(strstr(page.text, "00:00:02.000  /web  OOM 2  killed\n"
					  "              a b c/102  anon\n"
					  "              20.0 of 80.0 MiB  grew\n"
					  "              into its own limit\n"
					  "              +10.0 MiB/s\n"));
	stop(&page);
}

/* It stands in its block, whatever came before it, and begins with the program's own function. */
static void test_stack(void **state)
{
	const struct record_frame frames[] = { { .function = "__memset_avx2", .module = "/lib/libc.so.6" },
					       { .function = "leak", .module = "/bin/hog" },
					       { .function = "leak", .module = "/bin/hog" },
					       { .function = "main", .module = "/bin/hog" } };
	struct page page;

	(void)state;
	begin(&page);
	oom(&page, 1, 1, "hog");
	oom(&page, 2, 2, "hog");
	stack(&page, 1, frames, 4);
	stack(&page, 2, frames, 4);
	assert_non_null(strstr(text_of(&page), "\n    was in    leak (2 times) < main\n00:00:02.000  /web"));
	assert_int_equal(count(text_of(&page), "was in"), 1);
	stop(&page);
	/* A C library alone says nothing, and what is left waits no more. */
	begin(&page);
	oom(&page, 1, 1, "hog");
	oom(&page, 2, 2, "hog");
	assert_null(strstr(text_of(&page), "OOM 2"));
	stack(&page, 1, frames, 1);
	assert_null(strstr(text_of(&page), "was in"));
	assert_non_null(strstr(text_of(&page), "OOM 2"));
	stop(&page);
	/* None comes. */
	begin(&page);
	oom(&page, 1, 1, "hog");
	oom(&page, 2, 2, "hog");
	oom(&page, 3, 9, "hog");
	assert_non_null(strstr(text_of(&page), "OOM 3"));
	stop(&page);
}

/* In the time of the machine, as all of the text, with the day if that is another. */
static void test_unchanged(void **state)
{
	struct record session = { .kind = RECORD_SESSION, .session = { .version = "1", .kernel = "6.1" } };
	struct record lost = { .kind = RECORD_LOST, .lost = { .kind = "limit", .count = 1 } };
	struct page page;

	(void)state;
	setenv("TZ", "IST-5:30", 1);
	tzset();
	begin(&page);
	page.sink->ops->free(page.sink);
	page.sink = text__new(page.out, (struct text_look){ .local_time = true, .detail = TEXT_ALL });
	session.session.attached_ns = 2 * S;
	take(&page, &session);
	oom(&page, 1, 3, "hog");
	oom(&page, 2, 3 + 2 * 24 * 3600LL, "hog");
	lost.time.wall_ns = (4 + 2 * 24 * 3600LL) * S;
	take(&page, &lost);
	oom(&page, 3, 5 + 2 * 24 * 3600LL, "hog");
	end(&page, 6 + 2 * 24 * 3600LL);
	assert_int_equal(count(page.text, ", unchanged since 05:30:02, when the trace began\n"), 1);
	assert_int_equal(count(page.text, ", unchanged since 1970-01-01 05:30:02, when the trace began\n"),
			 1);
	assert_int_equal(count(page.text, "cause     it grew into its own limit\n"), 1);
	stop(&page);
	unsetenv("TZ");
	tzset();
}

static void test_nothing_to_kill(void **state)
{
	static const char sum[] = "nothing could be killed 35 more times in 34.0 s, at the limit of /web\n";
	struct record repeats = { .kind = RECORD_REPEATS, .time.wall_ns = 36 * S };
	struct page page;

	(void)state;
	begin(&page);
	for (uint64_t i = 1; i <= 35; i++)
		oom(&page, i, (int64_t)i, NULL);
	repeats.repeats = (struct record_repeats){ .limit_cgroup_id = 7, .repeats = 1 };
	take(&page, &repeats);
	end(&page, 37);
	assert_int_equal(count(text_of(&page), "OOM 1: nothing could be killed: every process is exempt"), 1);
	assert_int_equal(count(text_of(&page), "\n    limit"), 1);
	/* It is seen to go on, and there is a sum. */
	assert_int_equal(count(text_of(&page), "and it goes on\n"), 2);
	assert_int_equal(count(text_of(&page), sum), 1);
	assert_non_null(strstr(text_of(&page), "/web ran out of memory 36 times in 34.0 s, and nothing in it "
					       "could be killed: "));
	stop(&page);
	/* A kill ends it. */
	begin(&page);
	for (uint64_t i = 1; i <= 3; i++)
		oom(&page, i, (int64_t)i, NULL);
	oom(&page, 4, 4, "hog");
	end(&page, 5);
	assert_non_null(strstr(text_of(&page), "00:00:04.000  nothing could be killed 2 more times in 2.0 s, "
					       "at the limit of /web\n00:00:04.000  OOM 4: killed hog"));
	stop(&page);
}

static void test_stall_is_the_verdict(void **state)
{
	struct record stall = { .kind = RECORD_STALL, .time.wall_ns = 8 * S };
	struct page page;

	(void)state;
	begin(&page);
	stall.stall = (struct record_stall){ .cgroup_id = 7,
					     .cgroup = "/web",
					     .over = true,
					     .duration_ns = 7 * S,
					     .max_bytes = 64 * MIB,
					     .file = LIMIT_MAX };
	take(&page, &stall);
	end(&page, 9);
	assert_non_null(strstr(text_of(&page), "\n/web was stuck at its limit of 64.0 MiB for 7.0 s: it did "
					       "little but reclaim memory, and nothing was killed\n"));
	assert_null(strstr(text_of(&page), "nothing was OOM-killed"));
	stop(&page);
}

static void write_of(struct page *page, uint64_t old_max_bytes, uint64_t new_max_bytes, uint64_t usage_bytes)
{
	struct record record = { .kind = RECORD_LIMIT, .time.wall_ns = S };

	record.limit = (struct record_limit){ .id = 1,
					      .file = LIMIT_MAX,
					      .cgroup = "/web",
					      .writer_comm = "runc",
					      .writer_pid = 5,
					      .old_max_bytes = old_max_bytes,
					      .new_max_bytes = new_max_bytes,
					      .usage_before_bytes = usage_bytes,
					      .usage_after_bytes = usage_bytes };
	take(page, &record);
}

/* What changes nothing, and what comes before the first process. */
static void test_noise(void **state)
{
	struct page page;

	(void)state;
	begin(&page);
	write_of(&page, 64 * MIB, 64 * MIB, MIB);
	write_of(&page, RECORD_NO_LIMIT, 64 * MIB, 0);
	assert_string_equal(text_of(&page), "");
	write_of(&page, 64 * MIB, 32 * MIB, MIB);
	assert_int_equal(count(text_of(&page), "memory.max"), 1);
	stop(&page);
	begin_as(&page, TEXT_ALL, 0);
	write_of(&page, 64 * MIB, 64 * MIB, MIB);
	write_of(&page, RECORD_NO_LIMIT, 64 * MIB, 0);
	assert_int_equal(count(text_of(&page), "memory.max"), 2);
	stop(&page);
}

/* One that breaks off reads as far as the run had come. */
static void test_cut(void **state)
{
	struct page page;

	(void)state;
	begin(&page);
	oom(&page, 1, 1, "hog");
	assert_int_equal(sink__finish(page.sink), 0);
	assert_non_null(strstr(text_of(&page), "OOM 1: killed hog"));
	assert_null(strstr(text_of(&page), "/web lost"));
	stop(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end),	  cmocka_unit_test(test_first_in_full),
		cmocka_unit_test(test_narrow),	  cmocka_unit_test(test_stack),
		cmocka_unit_test(test_unchanged), cmocka_unit_test(test_nothing_to_kill),
		cmocka_unit_test(test_noise),	  cmocka_unit_test(test_stall_is_the_verdict),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
