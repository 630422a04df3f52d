// SPDX-License-Identifier: GPL-2.0-only
/* --keep-files: files with a date in their name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "jsonl/dated_name.h"
#include "jsonl/file.h"
#include "take.h"

#define DAY_NS (86400 * (int64_t)NS_PER_S)
#define NOON (1700000000 * (int64_t)NS_PER_S - 10 * 3600 * (int64_t)NS_PER_S) /* 2023-11-14T12:13:20Z */
#define NAME "oom-%Y-%m-%d.jsonl"

static char folder[] = "/tmp/oomtrace-test-XXXXXX";
static char pattern[128];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(pattern, sizeof(pattern), "%s/%s", folder, NAME);
	return 0;
}

static void for_each_file(void (*fn)(const char *path, const char *name, void *ctx), void *ctx)
{
	DIR *dir = opendir(folder);
	char path[512];

	assert_non_null(dir);
	for (const struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		fn(path, e->d_name, ctx);
	}
	closedir(dir);
}

static void remove_file(const char *path, const char *name, void *ctx)
{
	(void)name;
	(void)ctx;
	unlink(path);
}

static int clean_up(void **state)
{
	(void)state;
	for_each_file(remove_file, NULL);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void add_name(const char *path, const char *name, void *ctx)
{
	char *names = ctx;

	(void)path;
	assert_true(strlen(names) + strlen(name) + 2 < 1024);
	strcat(strcat(names, " "), name);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in the folder, sorted. */
static const char *names(void)
{
	static char text[1024], sorted[1024];
	char *words[64], *save;
	size_t count = 0;

	text[0] = sorted[0] = '\0';
	for_each_file(add_name, text);
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	if (count)
		qsort(words, count, sizeof(words[0]), compare);
	for (size_t i = 0; i < count; i++)
		strcat(strcat(sorted, i ? " " : ""), words[i]);
	return sorted;
}

static void put_file(const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static bool has_text(const char *name, const char *text)
{
	char path[512], bytes[8192];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes) - 1, file);
	bytes[size] = '\0';
	fclose(file);
	return strstr(bytes, text);
}

static void on_stop(const char *path, int err)
{
	fail_msg("%s: %s", path, strerror(-err));
}

static struct sink *begin(uint32_t keep, uint64_t max_bytes, int64_t now_ns)
{
	const struct jsonl_file_options options = { .max_bytes = max_bytes,
						    .keep_files = keep,
						    .now_ns = now_ns };
	const struct record_session session = { .version = "0.1.0",
						.kernel = "6.1.0",
						.arch = "x86_64",
						.target_kind = "all",
						.page_size = 4096 };
	const struct record_time at = { .boot_ns = 7, .wall_ns = now_ns };
	char why[JSONL_FILE__WHY_SIZE];
	struct sink *sink = jsonl_file__new(pattern, &options, on_stop, why, sizeof(why));

	if (!sink)
		fail_msg("%s", why);
	assert_int_equal(TAKE(sink, SESSION, session, at, session), 0);
	return sink;
}

static void put_lost(struct sink *sink, int64_t wall_ns, uint64_t count)
{
	const struct record_lost lost = { .kind = "oom", .count = count };
	const struct record_time at = { .boot_ns = 9, .wall_ns = wall_ns };

	assert_int_equal(TAKE(sink, LOST, lost, at, lost), 0);
}

static void put_usage(struct sink *sink, int64_t wall_ns)
{
	const struct record_usage usage = { .usage_bytes = 4096,
					    .max_bytes = RECORD_NO_LIMIT,
					    .high_bytes = RECORD_NO_LIMIT };
	const struct record_time at = { .boot_ns = 9, .wall_ns = wall_ns };

	assert_int_equal(TAKE(sink, USAGE, usage, at, usage), 0);
}

static void test_days(void **state)
{
	struct sink *sink = begin(3, 0, NOON);

	(void)state;
	assert_string_equal(names(), "oom-2023-11-14.jsonl");
	put_lost(sink, NOON + 1, 41);
	put_usage(sink, NOON + 2 * DAY_NS); /* isn't written, and begins nothing */
	assert_string_equal(names(), "oom-2023-11-14.jsonl");
	put_lost(sink, NOON + DAY_NS, 42);
	assert_string_equal(names(), "oom-2023-11-14.jsonl oom-2023-11-15.jsonl");
	/* each is a recording of its own */
	assert_true(has_text("oom-2023-11-15.jsonl", "{\"type\":\"session\""));
	assert_true(has_text("oom-2023-11-15.jsonl", "\"part\":2"));
	assert_true(has_text("oom-2023-11-15.jsonl", "\"count\":42"));
	assert_false(has_text("oom-2023-11-14.jsonl", "\"count\":42"));
	assert_false(has_text("oom-2023-11-14.jsonl", "usage"));
	/* the clock has been set back */
	put_lost(sink, NOON, 43);
	assert_string_equal(names(), "oom-2023-11-14.jsonl oom-2023-11-14.jsonl.2 oom-2023-11-15.jsonl");
	sink->ops->free(sink);
}

static void test_a_little_older(void **state)
{
	const int64_t midnight = NOON - 12 * 3600 * (int64_t)NS_PER_S - 800 * (int64_t)NS_PER_S + DAY_NS;
	struct sink *sink = begin(3, 0, midnight - NS_PER_S);

	(void)state;
	put_lost(sink, midnight, 1);
	put_lost(sink, midnight - NS_PER_S, 2);
	assert_string_equal(names(), "oom-2023-11-14.jsonl oom-2023-11-15.jsonl");
	assert_true(has_text("oom-2023-11-15.jsonl", "\"count\":2"));
	sink->ops->free(sink);
}

static void test_newest_are_kept(void **state)
{
	struct sink *sink;

	(void)state;
	put_file("oom-2022-01-01.jsonl", "{\"type\":\"session\"}\n");
	put_file("oom-2023-11-13.jsonl", "{\"type\":\"session\"}\n");
	put_file("oom-2023-11-13.jsonl.10", "{\"type\":\"session\"}\n");
	put_file("oom-2023-11-13.jsonl.9", "{\"type\":\"session\"}\n");
	/* none of these is ours */
	put_file("oom-2021-01-01.jsonl", "a letter\n");
	put_file("oom-2021-01-02.jsonl.bak", "{\"type\":\"session\"}\n");
	put_file("oom-2021-01-02.jsonl.01", "{\"type\":\"session\"}\n");
	put_file("oom-21-01-02.jsonl", "{\"type\":\"session\"}\n");
	put_file("xoom-2021-01-02.jsonl", "{\"type\":\"session\"}\n");
	sink = begin(3, 0, NOON);
	assert_string_equal(names(), "oom-2021-01-01.jsonl oom-2021-01-02.jsonl.01 oom-2021-01-02.jsonl.bak "
				     "oom-2023-11-13.jsonl.10 oom-2023-11-13.jsonl.9 oom-2023-11-14.jsonl "
				     "oom-21-01-02.jsonl xoom-2021-01-02.jsonl");
	put_lost(sink, NOON + DAY_NS, 1);
	assert_string_equal(names(), "oom-2021-01-01.jsonl oom-2021-01-02.jsonl.01 oom-2021-01-02.jsonl.bak "
				     "oom-2023-11-13.jsonl.10 oom-2023-11-14.jsonl oom-2023-11-15.jsonl "
				     "oom-21-01-02.jsonl xoom-2021-01-02.jsonl");
	sink->ops->free(sink);
	sink = begin(1, 0, NOON);
	assert_string_equal(names(), "oom-2021-01-01.jsonl oom-2021-01-02.jsonl.01 oom-2021-01-02.jsonl.bak "
				     "oom-2023-11-14.jsonl.2 oom-21-01-02.jsonl xoom-2021-01-02.jsonl");
	sink->ops->free(sink);
}

/* A trace that is begun again on the same day, and a file that is full. */
static void test_numbers(void **state)
{
	struct sink *sink = begin(4, 0, NOON);

	(void)state;
	sink->ops->free(sink);
	sink = begin(4, 64 << 10, NOON + 1);
	assert_string_equal(names(), "oom-2023-11-14.jsonl oom-2023-11-14.jsonl.2");
	for (uint64_t i = 0;
	     strcmp(names(), "oom-2023-11-14.jsonl oom-2023-11-14.jsonl.2 oom-2023-11-14.jsonl.3"); i++) {
		assert_true(i < 10000);
		put_lost(sink, NOON + 2, i);
	}
	assert_true(has_text("oom-2023-11-14.jsonl.3", "\"part\":2"));
	sink->ops->free(sink);
}

static void test_never_through_a_link(void **state)
{
	const struct jsonl_file_options options = { .keep_files = 3, .now_ns = NOON };
	char why[JSONL_FILE__WHY_SIZE], path[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/oom-2023-11-14.jsonl", folder);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_null(jsonl_file__new(pattern, &options, on_stop, why, sizeof(why)));
	assert_non_null(strstr(why, "is a link"));
}

static void test_names(void **state)
{
	char name[64], small[8];

	(void)state;
	assert_int_equal(dated_name__make("%Y%m%dT%H%M%S-100%%", NOON, 1, name, sizeof(name)), 0);
	assert_string_equal(name, "20231114T121320-100%");
	assert_int_equal(dated_name__make("%Y", NOON, 12, name, sizeof(name)), 0);
	assert_string_equal(name, "2023.12");
	assert_int_equal(dated_name__make("%Y-%m-%d", NOON, 1, small, sizeof(small)), -ENAMETOOLONG);
	assert_int_equal(dated_name__make("%Y-%m", NOON, 2, small, sizeof(small)), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_days, clean_up),
		cmocka_unit_test_teardown(test_a_little_older, clean_up),
		cmocka_unit_test_teardown(test_newest_are_kept, clean_up),
		cmocka_unit_test_teardown(test_numbers, clean_up),
		cmocka_unit_test_teardown(test_never_through_a_link, clean_up),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, set_up, remove_folder);
}
