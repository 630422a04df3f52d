// SPDX-License-Identifier: GPL-2.0-only
/* The files in tmpfs: when they are asked for, as text, on the page and in the step. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/tmpfs.h"
#include "output/text.h"
#include "output/text_tmpfs.h"
#include "report/html/tmpfs.h"

#define MIB (1ULL << 20)

static struct record_tmpfs_file two[] = { { "/dev/shm/a<b\n", 40 * MIB, false },
					  { "/run/small", 4096, true } };

static const struct record_level limit = { .path = "/web", .has_memory = true, .usage_bytes = 60 * MIB };

static char *text_of(const struct record_oom *oom)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct text_sink *sink = (struct text_sink *)text__new(out, (struct text_look){ 0 });

	text_tmpfs__put(sink, oom);
	fflush(sink->base.out);
	sink->base.ops->free(&sink->base);
	fclose(out);
	return text;
}

static void expect_text(const struct record_tmpfs *tmpfs, const char *want)
{
	const struct record_oom oom = { .tmpfs = tmpfs, .limit = &limit };
	char *text = text_of(&oom);

	assert_string_equal(text, want);
	free(text);
}

static void test_words(void **state)
{
	struct record_tmpfs tmpfs = { .count = 1, .bytes = 40 * MIB, .largest = two, .largest_count = 1 };

	(void)state;
	expect_text(&tmpfs, "    in tmpfs  /dev/shm/a<b\\x0a 40.0 MiB\n");
	/* The small one isn't worth a word beside the other. */
	tmpfs.largest_count = 2;
	tmpfs.count = 12;
	tmpfs.bytes = 41 * MIB;
	tmpfs.read_after_ns = 3000000;
	expect_text(
		&tmpfs,
		"    in tmpfs  /dev/shm/a<b\\x0a 40.0 MiB; 12 files in all, 41.0 MiB; read 3.0 ms later\n");
	tmpfs.incomplete = true;
	expect_text(
		&tmpfs,
		"    in tmpfs  /dev/shm/a<b\\x0a 40.0 MiB; at least 12 files in all, 41.0 MiB; read 3.0 ms later\n");
	tmpfs.count = tmpfs.largest_count = 1;
	two[0].machine = true;
	expect_text(
		&tmpfs,
		"    in tmpfs  /dev/shm/a<b\\x0a 40.0 MiB (in a mount of the machine); perhaps more that could "
		"not be read; read 3.0 ms later\n");
	two[0].machine = false;
}

static void test_page(void **state)
{
	const struct record_tmpfs tmpfs = {
		.count = 1, .bytes = 40 * MIB, .largest = two, .largest_count = 1
	};
	const struct record_oom oom = { .tmpfs = &tmpfs, .limit = &limit };
	char *page = NULL;
	size_t size;
	FILE *out = open_memstream(&page, &size);

	(void)state;
	html_tmpfs__put(out, &oom);
	fclose(out);
	assert_non_null(strstr(page, "Largest files in tmpfs"));
	assert_non_null(strstr(page, "a&lt;b"));
	assert_null(strstr(page, "a<b"));
	free(page);
}

/* ---- asking ---- */

static struct tmpfs_files there;
static int result;
static uint32_t asked_pid;
static char asked[64];

static int read_files(void *ctx, const char *path, uint32_t pid, struct tmpfs_files *out)
{
	(void)ctx;
	strcpy(asked, path);
	asked_pid = pid;
	*out = there;
	return result;
}

/* Only an OOM with much shared memory is worth the look. */
static void test_asked(void **state)
{
	const struct model_env env = { .tmpfs_files = read_files }, nobody = {};
	struct record_memory memory = { .known = 1U << MEMORY_SHMEM };
	const struct record_victim victim = { .pid = 7, .role = ROLE_CHOSEN };
	struct record record = {
		.kind = RECORD_OOM,
		.time.boot_ns = 100,
		.oom = { .limit = &limit, .memory = &memory, .victims = &victim, .victim_count = 1 }
	};
	static struct tmpfs tmpfs;

	(void)state;
	there = (struct tmpfs_files){ .read_ns = 150, .count = 3, .bytes = 9, .largest_count = 1 };
	there.largest[0].bytes = 8;
	there.largest[0].machine = true;
	strcpy(there.largest[0].path, "/x");
	memory.bytes[MEMORY_SHMEM] = 11 * MIB;
	assert_false(tmpfs__fill(&tmpfs, &record, &env));
	assert_int_equal(asked_pid, 0);
	memory.bytes[MEMORY_SHMEM] = 12 * MIB;
	assert_false(tmpfs__fill(&tmpfs, &record, &nobody));
	assert_true(tmpfs__fill(&tmpfs, &record, &env));
	assert_string_equal(asked, "/web");
	assert_int_equal(asked_pid, 7);
	assert_int_equal(tmpfs.record.read_after_ns, 50);
	assert_int_equal(tmpfs.record.count, 3);
	assert_int_equal(tmpfs.record.bytes, 9);
	assert_true(tmpfs.record.largest[0].machine && !tmpfs.record.incomplete);
	assert_int_equal(tmpfs.record.largest_count, 1);
	assert_string_equal(tmpfs.record.largest[0].path, "/x");
	there.largest_count = 0;
	assert_false(tmpfs__fill(&tmpfs, &record, &env));
	there.largest_count = 1;
	result = -ETIMEDOUT;
	assert_false(tmpfs__fill(&tmpfs, &record, &env));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_words), cmocka_unit_test(test_page),
					    cmocka_unit_test(test_asked) };

	return cmocka_run_group_tests_name("text_tmpfs", tests, NULL, NULL);
}
