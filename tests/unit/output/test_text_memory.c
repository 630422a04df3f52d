// SPDX-License-Identifier: GPL-2.0-only
/* Usage, reclaim, limits and stalls as text; /proc/meminfo. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/meminfo.h"
#include "output/text.h"
#include "output/text_sink.h"

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define S 1000000000ULL

struct page {
	struct text_sink *sink;
	FILE *out;
	char *text;
	size_t size, seen;
};

static void start(struct page *page)
{
	page->out = open_memstream(&page->text, &page->size);
	page->seen = 0;
	assert_non_null(page->out);
	page->sink = (struct text_sink *)text__new(page->out, (struct text_look){ 0 });
	assert_non_null(page->sink);
}

/* What has been written since the last time. */
static const char *news(struct page *page)
{
	const char *text;

	fflush(page->sink->base.out);
	fflush(page->out);
	text = page->text + page->seen;
	page->seen = page->size;
	return text;
}

static void expect(struct page *page, const char *text)
{
	assert_string_equal(news(page), text);
}

static void stop(struct page *page)
{
	page->sink->base.ops->free(&page->sink->base);
	fclose(page->out);
	free(page->text);
}

static void test_history(void **state)
{
	const struct record_point points[] = {
		{ 10 * S, 12 * MIB, 64 * MIB, { 0 } },
		{ 16 * S, 48 * MIB, 64 * MIB, { 0 } },
		{ 18 * S, 64 * MIB, 64 * MIB, { 0 } },
	};
	struct record_history h = {
		.points = points,
		.count = 3,
		.has_growth = true,
		.growth_bytes_per_s = 8 * MIB,
		.reclaim = { 14, S + S / 5, 420000000, 12 * MIB },
		.failed = 1234567,
	};
	struct page page;

	(void)state;
	start(&page);
	text_memory__history(page.sink, &h);
	expect(&page, "    before    ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▇▇▇▇▇▇▇█ "
		      "12.0 MiB -> 64.0 MiB in 8.0 s\n"
		      "              growing by 8.0 MiB/s at the end\n"
		      "    reclaim   freed 12.0 MiB in 1.2 s, 14 times (the longest 420.0 ms)\n"
		      "    over it   1,234,567 times: requests for memory that the limit had no room for\n");
	/* Nothing that is not known or did not happen. */
	h = (struct record_history){ .points = points, .count = 1, .throttle = { 1, S, S, 0 }, .failed = 1 };
	text_memory__history(page.sink, &h);
	expect(&page, "    held back 1.0 s, by memory.high\n"
		      "    over it   1 time: a request for memory that the limit had no room for\n");
	h = (struct record_history){ .points = points, .count = 1 };
	text_memory__history(page.sink, &h);
	expect(&page, "");
	stop(&page);
}

static void test_history_in_ascii(void **state)
{
	const struct record_point points[] = { { 10 * S, 0, 64 * MIB, { 0 } },
					       { 12 * S, 64 * MIB, 64 * MIB, { 0 } } };
	struct record_history h = { .points = points, .count = 2 };
	struct page page;

	(void)state;
	start(&page);
	page.sink->look.ascii = true;
	text_memory__history(page.sink, &h);
	expect(&page, "    before    _______________________________# 0 B -> 64.0 MiB in 2.0 s\n");
	stop(&page);
}

/* Kernel and socket memory where they explain something: from when they were first known. */
static void test_history_of_kinds(void **state)
{
	struct record_point points[] = {
		{ 10 * S, 12 * MIB, 64 * MIB, { 0 } },
		{ 11 * S, 16 * MIB, 64 * MIB, { .kernel_bytes = MIB, .has_kernel = 1, .has_sock = 1 } },
		{ 12 * S,
		  64 * MIB,
		  64 * MIB,
		  { .kernel_bytes = 6 * MIB, .has_kernel = 1, .sock_bytes = 40 * MIB, .has_sock = 1 } },
		{ 13 * S, 64 * MIB, 64 * MIB, { .sock_bytes = 4 * MIB, .has_sock = 1 } },
	};
	struct record_history h = { .points = points, .count = 4 };
	struct page page;

	(void)state;
	start(&page);
	text_memory__history(page.sink, &h);
	assert_string_equal(strchr(news(&page), '\n'), "\n    of that   kernel memory 1.0 MiB -> 6.0 MiB\n");
	points[3].kinds.sock_bytes = 40 * MIB;
	points[2].kinds.kernel_bytes = MIB;
	text_memory__history(page.sink, &h);
	assert_string_equal(strchr(news(&page), '\n'), "\n    of that   sockets 0 B -> 40.0 MiB\n");
	stop(&page);
}

static void test_history_of_a_fall(void **state)
{
	const struct record_point points[] = {
		{ 10 * S, 12 * MIB, 20 * MIB, { 0 } },
		{ 11 * S, 64 * MIB, 64 * MIB, { 0 } },
		{ 12 * S, 32 * MIB, 20 * MIB, { 0 } },
	};
	struct record_history h = {
		.points = points,
		.count = 3,
		.has_growth = true,
		.growth_bytes_per_s = INT64_MIN,
	};
	struct page page;

	(void)state;
	start(&page);
	text_memory__history(page.sink, &h);
	assert_non_null(strstr(news(&page), " 12.0 MiB -> 64.0 MiB -> 32.0 MiB in 2.0 s\n"
					    "              shrinking by 8.0 EiB/s at the end\n"));
	/* A peak that looks like the end is none. */
	h.points = (struct record_point[]){ { 10 * S, 12 * MIB, 64 * MIB, { 0 } },
					    { 11 * S, 64 * MIB, 64 * MIB, { 0 } },
					    { 12 * S, 64 * MIB - 4096, 64 * MIB, { 0 } } };
	h.has_growth = false;
	text_memory__history(page.sink, &h);
	assert_non_null(strstr(news(&page), " 12.0 MiB -> 64.0 MiB in 2.0 s\n"));
	stop(&page);
}

static void test_memory(void **state)
{
	struct record_memory memory = { .known = ~0u };
	struct page page;

	(void)state;
	memory.bytes[MEMORY_ANON] = 60 * MIB;
	memory.bytes[MEMORY_SLAB_UNRECLAIMABLE] = 120 * KIB;
	memory.bytes[MEMORY_KERNEL] = 300 * KIB;
	start(&page);
	memory.bytes[MEMORY_PAGETABLES] = 100 * KIB;
	memory.bytes[MEMORY_SWAP] = MIB;
	text_memory__put(page.sink, &memory, 0);
	expect(&page, "    memory    anon 60.0 MiB, kernel 300.0 KiB (slab 120.0 KiB, "
		      "page tables 100.0 KiB), swap 1.0 MiB, approximately\n");
	/* What no kind explains, but for a rest that approximate figures have always. */
	text_memory__put(page.sink, &memory, 85 * MIB + 300 * KIB);
	assert_non_null(strstr(news(&page), " swap 1.0 MiB, other 25.0 MiB, approximately\n"));
	text_memory__put(page.sink, &memory, 60 * MIB + 500 * KIB);
	assert_null(strstr(news(&page), "other"));
	/* A whole that isn't known has no parts, and one that is has them at the end too. */
	memory.known &= ~(1u << MEMORY_KERNEL);
	text_memory__put(page.sink, &memory, 0);
	expect(&page, "    memory    anon 60.0 MiB, slab 120.0 KiB, page tables 100.0 KiB, "
		      "swap 1.0 MiB, approximately\n");
	memory = (struct record_memory){ .known = 1 << MEMORY_FILE | 1 << MEMORY_SHMEM };
	memory.bytes[MEMORY_FILE] = memory.bytes[MEMORY_SHMEM] = MIB;
	text_memory__put(page.sink, &memory, 0);
	expect(&page, "    memory    file 1.0 MiB (shmem 1.0 MiB), approximately\n");
	memory.known = 0;
	text_memory__put(page.sink, &memory, 0);
	expect(&page, "");
	stop(&page);
}

static void test_chain(void **state)
{
	const struct record_level chain[] = {
		{ .path = "/a/b/c",
		  .has_memory = true,
		  .usage_bytes = 40 * MIB,
		  .max_bytes = 512 * MIB,
		  .high_bytes = 48 * MIB },
		{ .path = "/a/b",
		  .has_memory = true,
		  .usage_bytes = 64 * MIB,
		  .max_bytes = 64 * MIB,
		  .high_bytes = RECORD_NO_LIMIT,
		  .is_limit = true },
		{ .path = "/a",
		  .has_memory = true,
		  .usage_bytes = 70 * MIB,
		  .max_bytes = RECORD_NO_LIMIT,
		  .high_bytes = RECORD_NO_LIMIT },
		{ .path = "/" },
	};
	struct record_oom oom = { .chain = chain, .chain_count = 4 };
	struct page page;

	(void)state;
	start(&page);
	text_memory__chain(page.sink, &oom);
	expect(&page, "    limits     40.0 MiB of 512.0 MiB (high 48.0 MiB) /a/b/c\n"
		      "               64.0 MiB of 64.0 MiB  /a/b <- this one\n");
	/* A single limit stands in the line above. */
	oom.chain = &chain[1];
	oom.chain_count = 3;
	text_memory__chain(page.sink, &oom);
	expect(&page, "");
	stop(&page);
}

static void test_session(void **state)
{
	struct record_session s = {
		.target_cgroup = "/a/b",
		.has_memory = true,
		.machine_total_bytes = 8192 * MIB,
		.machine_available_bytes = 6144 * MIB,
		.usage_bytes = 60 * MIB,
		.max_bytes = 64 * MIB,
		.max_cgroup = "/a/b",
	};
	static const char free_says[] =
		"              but `free` in it shows the machine's 8.0 GiB, 6.0 GiB available\n";
	struct page page;

	(void)state;
	start(&page);
	text_memory__session(page.sink, &s);
	expect(&page, "    memory    it uses 60.0 MiB of at most 64.0 MiB\n");
	/* In a container people ask free(1). */
	s.container.ref.runtime = CONTAINER__DOCKER;
	text_memory__session(page.sink, &s);
	assert_string_equal(strchr(news(&page), '\n') + 1, free_says);
	s.container.ref.runtime = CONTAINER__UNKNOWN;
	s.max_cgroup = "/a";
	text_memory__session(page.sink, &s);
	expect(&page, "    memory    it uses 60.0 MiB of at most 64.0 MiB (the limit of /a)\n");
	s.max_bytes = RECORD_NO_LIMIT;
	text_memory__session(page.sink, &s);
	expect(&page, "    memory    it uses 60.0 MiB and has no limit\n");
	s.has_memory = false;
	text_memory__session(page.sink, &s);
	expect(&page, "");
	stop(&page);
}

static struct record stall(uint64_t seconds, bool over)
{
	return (struct record){
		.kind = RECORD_STALL,
		.time = { 10 * S + seconds * S, (int64_t)(seconds * S) },
		.stall = {
			.cgroup_id = 7,
			.cgroup = "/web",
			.since_ns = 10 * S,
			.over = over,
			.duration_ns = seconds * S,
			.reclaim_ns = seconds * S / 100 * 95,
			.usage_bytes = 64 * MIB,
			.max_bytes = 64 * MIB,
			.file = LIMIT_MAX,
			.failed = 1234,
		},
	};
}

static void test_stall(void **state)
{
	struct record s;
	struct page page;

	(void)state;
	start(&page);
	strcpy(page.sink->day, "1970-01-01 (UTC)");
	for (uint64_t seconds = 3; seconds < 12; seconds++) {
		s = stall(seconds, false);
		text_stall__take(&page.sink->base, &s);
	}
	/* Not every second. */
	expect(&page, "00:00:03.000  STALL  /web has been stuck at its limit of 64.0 MiB for 3.0 s: "
		      "95 % of the time in reclaim, 1,234 requests over it, nothing killed\n"
		      "00:00:06.000  STALL  /web has been stuck at its limit of 64.0 MiB for 6.0 s: "
		      "95 % of the time in reclaim, 1,234 requests over it, nothing killed\n");
	s = stall(12, true);
	s.stall.file = LIMIT_HIGH;
	s.stall.reclaim_ns = 38 * S;
	s.stall.failed = 0;
	text_stall__take(&page.sink->base, &s);
	expect(&page, "00:00:12.000  STALL OVER  /web was stuck at its memory.high of 64.0 MiB for 12.0 s: "
		      "3.2 tasks on average in reclaim or held back, nothing killed\n");
	/* Another one. */
	s = stall(3, false);
	s.stall.since_ns = 40 * S;
	text_stall__take(&page.sink->base, &s);
	s.stall.cgroup_id = 8;
	text_stall__take(&page.sink->base, &s);
	assert_non_null(strchr(strchr(news(&page), '\n') + 1, '\n'));
	stop(&page);
}

static void test_meminfo(void **state)
{
	static const char text[] =
		"MemTotal:        8148232 kB\nMemFree:  1 kB\nMemAvailable: 500 kB\nBad: x\n";
	uint64_t bytes = 7;

	(void)state;
	assert_int_equal(meminfo__parse(text, "MemTotal", &bytes), 0);
	assert_int_equal(bytes, 8148232 * KIB);
	assert_int_equal(meminfo__parse(text, "MemAvailable", &bytes), 0);
	assert_int_equal(bytes, 500 * KIB);
	assert_int_equal(meminfo__parse(text, "Mem", &bytes), -ENODATA);
	assert_int_equal(meminfo__parse(text, "Bad", &bytes), -ENODATA);
	assert_int_equal(meminfo__parse(text, "SwapFree", &bytes), -ENODATA);
	assert_int_equal(meminfo__parse("", "MemTotal", &bytes), -ENODATA);
	assert_int_equal(meminfo__parse("MemTotal: 99999999999999999999 kB", "MemTotal", &bytes), -ENODATA);
	assert_int_equal(bytes, 500 * KIB); /* untouched by what failed */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history),		 cmocka_unit_test(test_history_in_ascii),
		cmocka_unit_test(test_history_of_kinds), cmocka_unit_test(test_history_of_a_fall),
		cmocka_unit_test(test_memory),		 cmocka_unit_test(test_chain),
		cmocka_unit_test(test_session),		 cmocka_unit_test(test_stall),
		cmocka_unit_test(test_meminfo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
