// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "jsonl/reader.h"
#include "jsonl/file.h"
#include "jsonl/write.h"
#include "take.h"

#define TIME                                                          \
	{                                                             \
		.boot_ns = 5000000001, .wall_ns = 1700000000123456000 \
	}

static char folder[] = "/tmp/oomtrace-test-XXXXXX";
static char path[64], old_path[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/rec", folder);
	snprintf(old_path, sizeof(old_path), "%s/rec.1", folder);
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	unlink(path);
	unlink(old_path);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void put_session(struct sink *sink)
{
	char version[] = "0.1.0", kernel[] = "6.1.0", arch[] = "x86_64";
	const struct record_probe probes[] = { { "a", "b", NULL, -1, true }, { "c", NULL, "d", 0, false } };
	const struct record_time at = { .boot_ns = 7, .wall_ns = 1700000000123456000 };
	const struct record_session session = {
		.version = version,
		.kernel = kernel,
		.arch = arch,
		.target_kind = "machine",
		.page_size = 4096,
		.probes = probes,
		.probe_count = 2,
	};

	assert_int_equal(TAKE(sink, SESSION, session, at, session), 0);
	memset(version, 'x', sizeof(version) - 1); /* a part's beginning must not need them any more */
	memset(kernel, 'x', sizeof(kernel) - 1);
}

static void put_lost(struct sink *sink, uint64_t count)
{
	const struct record_lost lost = { .kind = "oom", .count = count };

	assert_int_equal(TAKE(sink, LOST, lost, TIME, lost), 0);
}

static void put_usage(struct sink *sink, uint64_t bytes)
{
	const struct record_usage usage = { .usage_bytes = bytes,
					    .max_bytes = RECORD_NO_LIMIT,
					    .high_bytes = RECORD_NO_LIMIT };

	assert_int_equal(TAKE(sink, USAGE, usage, TIME, usage), 0);
}

static void put_end(struct sink *sink)
{
	const struct record_end end = { .reason = "interrupted" };

	assert_int_equal(TAKE(sink, END, end, TIME, end), 0);
}

/* Reads the files as a report would. */
static struct jsonl_reader_stats read_back(const char *const *paths, size_t count)
{
	FILE *null = fopen("/dev/null", "w");
	struct sink *sink = jsonl_write__new(null);
	struct jsonl_reader *r = jsonl_reader__new(sink);
	struct jsonl_reader_stats stats;

	for (size_t i = 0; i < count; i++) {
		int fd = open(paths[i], O_RDONLY);

		assert_true(fd >= 0);
		assert_int_equal(jsonl_reader__read(r, fd), 0);
		close(fd);
	}
	stats = *jsonl_reader__stats(r);
	jsonl_reader__free(r);
	sink->ops->free(sink);
	fclose(null);
	return stats;
}

static int stop_error; /* that was handed to on_stop() */

static void on_stop(const char *name, int err)
{
	assert_string_equal(name, path);
	assert_int_equal(stop_error, 0); /* once */
	stop_error = err;
}

static char why[JSONL_FILE__WHY_SIZE];

static struct sink *open_file(const char *name, uint64_t max_bytes)
{
	const struct jsonl_file_options options = { .max_bytes = max_bytes };

	stop_error = 0;
	return jsonl_file__new(name, &options, on_stop, why, sizeof(why));
}

static void refuse_file(const char *name, uint64_t max_bytes, const char *reason)
{
	assert_null(open_file(name, max_bytes));
	if (!strstr(why, reason))
		fail_msg("%s: \"%s\" and not \"%s\"", name, why, reason);
}

/* Whether the session record at the beginning of the file has the whole plan of put_session(). */
static bool has_plan(void)
{
	char line[4096] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	return strstr(line, "\"plan\":[{\"purpose\":\"a\",\"attached\":\"b\",\"error\":-1,\"later\":true},"
			    "{\"purpose\":\"c\",\"attached\":null,\"lost\":\"d\"}]}");
}

static struct jsonl_reader_stats read_one(void)
{
	return read_back((const char *const[]){ path }, 1);
}

static void test_written_at_once(void **state)
{
	struct sink *sink = open_file(path, 0);
	struct stat st;

	(void)state;
	assert_non_null(sink);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(fcntl(fileno(sink->out), F_GETFD) & FD_CLOEXEC);
	put_session(sink);
	assert_int_equal(read_one().records, 1);
	put_lost(sink, 1);
	assert_int_equal(read_one().records, 2);
	/* usage waits, in its order, for the tick or for another record */
	put_usage(sink, 1);
	put_usage(sink, 2);
	assert_int_equal(read_one().records, 2);
	assert_int_equal(sink__sync(sink), 0);
	assert_int_equal(read_one().records, 4);
	put_usage(sink, 3);
	put_end(sink);
	assert_int_equal(read_one().records, 6);
	for (uint64_t i = 0; i < 1000; i++)
		put_usage(sink, i);
	assert_in_range(read_one().records, 6 + 700, 6 + 1000);
	assert_int_equal(read_one().malformed, 0);
	assert_false(read_one().cut);
	assert_false(jsonl_file__failed(sink));
	sink->ops->free(sink);
	assert_int_equal(read_one().records, 1006);
}

static void test_never_over_another(void **state)
{
	FILE *other = fopen(path, "w");
	struct sink *sink;

	(void)state;
	fputs("evidence\n", other);
	fclose(other);
	refuse_file(path, 0, "is there already and isn't empty");
	assert_int_equal(truncate(path, 0), 0);
	sink = open_file(path, 0);
	assert_non_null(sink);
	sink->ops->free(sink);

	other = fopen(old_path, "w");
	fputs("evidence\n", other);
	fclose(other);
	refuse_file(path, 1 << 16, "FILE.1 is there already");
	refuse_file("/nonexistent/rec", 0, "No such file or directory");
	refuse_file("/dev/null", 1 << 16, "is no file, and --record-size and --keep-files need one");
}

/* Root's recording must not end where a container's link leads. */
static void test_never_through_a_link(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(symlink(old_path, path), 0);
	assert_null(open_file(path, 0));
	assert_int_equal(stat(old_path, &st), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", old_path), 0);
	assert_null(open_file(path, 1 << 16));
}

/* As --record >(head -n 1): what isn't read any more is no failure. */
static void test_reader_has_gone(void **state)
{
	char name[32], bytes[64];
	struct sink *sink;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	sink = open_file(name, 0);
	assert_non_null(sink);
	close(ends[1]);
	put_session(sink);
	assert_true(read(ends[0], bytes, sizeof(bytes)) > 0);
	close(ends[0]);
	put_lost(sink, 1);
	put_end(sink);
	assert_false(jsonl_file__failed(sink));
	sink->ops->free(sink);
}

static void test_rotation(void **state)
{
	struct sink *sink = open_file(path, 64 << 10);
	struct jsonl_reader_stats stats;
	uint64_t count = 0;
	struct stat st;

	(void)state;
	assert_non_null(sink);
	put_session(sink);
	while (stat(old_path, &st)) {
		assert_true(count < 10000);
		put_lost(sink, ++count);
	}
	assert_in_range(st.st_size, 64 << 10, 66 << 10);
	for (int i = 0; i < 10; i++)
		put_lost(sink, ++count);
	put_end(sink);
	assert_false(jsonl_file__failed(sink));
	sink->ops->free(sink);

	/* one session in two parts, with all its records, once each */
	stats = read_back((const char *const[]){ old_path, path }, 2);
	assert_int_equal(stats.sessions, 1);
	assert_int_equal(stats.ends, 1);
	assert_int_equal(stats.records, count + 2);
	assert_int_equal(stats.malformed, 0);
	/* and the newer alone is a recording, too */
	stats = read_one();
	assert_int_equal(stats.sessions, 1);
	assert_int_equal(stats.records, 12);
	assert_true(has_plan());
}

static void test_rotation_over_the_one_before(void **state)
{
	struct sink *sink = open_file(path, 64 << 10);
	struct jsonl_reader_stats stats;

	(void)state;
	put_session(sink);
	for (uint64_t i = 0; i < 5000; i++)
		put_lost(sink, i);
	sink->ops->free(sink);
	stats = read_back((const char *const[]){ old_path, path }, 2);
	assert_int_equal(stats.sessions, 1);
	assert_in_range(stats.records, 500, 2000);
}

/* As on a full disk. What was written before stays whole; the caller doesn't hear of it. */
static void test_full(void **state)
{
	struct rlimit old, limit;
	struct sink *sink = open_file(path, 0);
	struct jsonl_reader_stats stats;
	struct stat st;

	(void)state;
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 5000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	put_session(sink);
	for (uint64_t i = 0; i < 100; i++)
		put_lost(sink, i);
	assert_true(jsonl_file__failed(sink));
	assert_int_equal(stop_error, -EFBIG);
	put_end(sink);
	sink->ops->free(sink);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	stats = read_one();
	assert_in_range(stats.records, 10, 90);
	assert_int_equal(stats.malformed, 0);
	assert_false(stats.cut);
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 4800, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_written_at_once, clean_up),
		cmocka_unit_test_teardown(test_never_over_another, clean_up),
		cmocka_unit_test_teardown(test_never_through_a_link, clean_up),
		cmocka_unit_test_teardown(test_reader_has_gone, clean_up),
		cmocka_unit_test_teardown(test_rotation, clean_up),
		cmocka_unit_test_teardown(test_rotation_over_the_one_before, clean_up),
		cmocka_unit_test_teardown(test_full, clean_up),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("sink_file", tests, set_up, remove_folder);
}
