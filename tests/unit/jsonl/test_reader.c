// SPDX-License-Identifier: GPL-2.0-only
/* Lines that are records, and all that are none. */
#include "base/array.h"
#include "jsonl/value.h"
#include "jsonl/reading.h"

#define LOST \
	"{\"type\":\"lost\",\"ts_ns\":1,\"time\":\"2023-11-14T22:13:20.000000Z\",\"kind\":\"oom\",\"count\":3}"
#define AS_LOST(ts, time, kind, count) \
	"{\"type\":\"lost\",\"ts_ns\":" ts ",\"time\":" time ",\"kind\":" kind ",\"count\":" count "}"

#define AS_POINT(kinds)                                                                                                 \
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"victims\":[],\"chain\":[],\"history\":{\"cgroup_id\":1," \
	"\"points\":[[1,2,3," kinds "]],\"failed\":0}}"

/* A line that is no record is passed over, and nothing else is. */
static const char *const bad_lines[] = {
	"{",
	"}",
	"null",
	"1",
	"\"lost\"",
	"[]",
	"{}",
	"lost",
	"[" LOST "]",
	LOST "x",
	LOST LOST,
	"{\"type\":1}",
	"{\"type\":null}",
	"{\"type\":\"lost\"}",
	AS_LOST("-1", "null", "\"oom\"", "1"),
	AS_LOST("1.5", "null", "\"oom\"", "1"),
	AS_LOST("\"1\"", "null", "\"oom\"", "1"),
	AS_LOST("9223372036854775808", "null", "\"oom\"", "1"),
	AS_LOST("1", "1", "\"oom\"", "1"),
	AS_LOST("1", "\"yesterday\"", "\"oom\"", "1"),
	AS_LOST("1", "\"1969-12-31T23:59:59Z\"", "\"oom\"", "1"),
	AS_LOST("1", "\"2023-13-01T00:00:00Z\"", "\"oom\"", "1"),
	AS_LOST("1", "\"2023-11-14T22:13:20\"", "\"oom\"", "1"),
	AS_LOST("1", "null", "1", "1"),
	AS_LOST("1", "null", "null", "1"),
	AS_LOST("1", "null", "\"oom\"", "null"),
	AS_LOST("1", "null", "\"oom\"", "\"max\""),
	AS_LOST("1", "null", "\"oom\"", "-3"),
	AS_LOST("1", "null", "\"oom\"", "[1]"),
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"victims\":[1]}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"victims\":[{}]}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"victims\":{}}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"outcome\":\"saved\"}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"cause\":{}}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"trigger\":{\"pid\":4294967296}}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"history\":{\"points\":[[1,2]],\"failed\":0}}",
	AS_POINT("\"1\",null,true"),
	AS_POINT("1,[],true"),
	AS_POINT("-1,null,true"),
	AS_POINT("1,2,1"),
	"{\"type\":\"exit\",\"ts_ns\":1,\"exit_code\":256}",
	"{\"type\":\"exit\",\"ts_ns\":1,\"exit_code\":137,\"signal\":8}",
	"{\"type\":\"session\",\"ts_ns\":1,\"schema\":1}",
	"\xff\xfe\xfd",
	"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
};

static void test_bad_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_lines); i++) {
		char bytes[2048];
		struct output o;
		struct jsonl_reader_stats stats;

		snprintf(bytes, sizeof(bytes), LOST "\n%s\n" LOST "\n", bad_lines[i]);
		stats = read_text(&o, bytes);
		if (strcmp(o.text, LOST "\n" LOST "\n") || stats.malformed != 1)
			fail_msg("line \"%s\" is taken for a record: %s", bad_lines[i], o.text);
		assert_int_equal(stats.first_malformed, 2);
		assert_int_equal(stats.records, 2);
		assert_false(stats.cut);
		free(o.text);
	}
}

/* A NUL in a line is no end of it. */
static void test_nul_bytes(void **state)
{
	static const char bytes[] = LOST "\n" LOST "\0\n\0\0\n" LOST "\n";
	struct jsonl_reader_stats stats;
	struct output o;

	(void)state;
	stats = read_bytes(&o, true, bytes, sizeof(bytes) - 1);
	assert_string_equal(o.text, LOST "\n" LOST "\n");
	assert_int_equal(stats.malformed, 2);
	free(o.text);
}

/* Cut off anywhere, what is whole is read, and the rest is said to be cut, not to be wrong. */
static void test_cut(void **state)
{
	static const char bytes[] = LOST "\n" LOST "\n";
	size_t line = strlen(LOST);

	(void)state;
	for (size_t size = 0; size < sizeof(bytes); size++) {
		struct output o;
		struct jsonl_reader_stats stats = read_bytes(&o, true, bytes, size);
		size_t rest = size % (line + 1);

		assert_int_equal(stats.records, size / (line + 1) + (rest == line));
		assert_int_equal(stats.malformed, 0);
		assert_int_equal(stats.cut, rest && rest != line);
		free(o.text);
	}
}

static void test_blank_lines(void **state)
{
	struct output o;
	struct jsonl_reader_stats stats = read_text(&o, "\n  \r\n" LOST "\r\n\t\n" LOST "\n\n");

	(void)state;
	assert_string_equal(o.text, LOST "\n" LOST "\n");
	assert_int_equal(stats.malformed, 0);
	free(o.text);
}

/* Newer versions: other types are passed over, other keys don't matter, other schemas are told of. */
static void test_newer(void **state)
{
	struct output o;
	struct jsonl_reader_stats stats = read_text(
		&o,
		"{\"type\":\"session\",\"ts_ns\":1,\"time\":\"2023-11-14T22:13:20Z\",\"schema\":7,"
		"\"version\":\"9\",\"kernel\":\"9\",\"arch\":\"z\",\"page_size\":1,\"new\":{},"
		"\"wall_offset_ns\":5,\"target\":{\"kind\":\"moon\"},"
		"\"plan\":[{\"purpose\":\"new\",\"attached\":\"new\"},"
		"{\"purpose\":\"oom-begin\",\"attached\":\"new\"}]}\n"
		"{\"type\":\"dream\",\"ts_ns\":1}\n{\"type\":\"dream\"}\n{\"type\":\"other\"}\n" LOST "\n");

	(void)state;
	assert_int_equal(stats.schema, 7);
	assert_int_equal(stats.records, 2);
	assert_int_equal(stats.sessions, 1);
	assert_int_equal(stats.ends, 0);
	assert_int_equal(stats.unknown, 3);
	assert_string_equal(stats.unknown_type, "dream");
	assert_int_equal(stats.malformed, 0);
	free(o.text);
}

/* A plan is names: those that this version doesn't have are told of as they stand. */
static void test_unknown_purposes(void **state)
{
	static const char plan[] =
		"\"plan\":[{\"purpose\":\"dream\",\"attached\":\"fentry sleep\",\"error\":-2},"
		"{\"purpose\":\"omen\",\"attached\":null,\"lost\":\"what is to come\","
		"\"error\":-95}]}\n";
	static const char session[] =
		"{\"type\":\"session\",\"ts_ns\":1,\"schema\":1,\"version\":\"9\",\"kernel\":\"9\","
		"\"arch\":\"z\",\"page_size\":1,\"wall_offset_ns\":5,"
		"\"target\":{\"kind\":\"machine\"},";
	char text[1024];
	struct output o;

	(void)state;
	snprintf(text, sizeof(text), "%s%s", session, plan);
	read_text(&o, text);
	assert_non_null(strstr(o.text, plan));
	free(o.text);
	read_bytes(&o, false, text, strlen(text));
	assert_non_null(strstr(o.text, "what is to come (Operation not supported)\n"));
	free(o.text);
}

/* Without a wall clock of its own a record has that of its session. */
static void test_time_of_the_session(void **state)
{
	static const char session[] =
		"{\"type\":\"session\",\"ts_ns\":1,\"schema\":1,\"version\":\"9\",\"kernel\":\"9\","
		"\"arch\":\"z\",\"page_size\":1,\"wall_offset_ns\":1700000000000000000,"
		"\"target\":{\"kind\":\"machine\"}}\n"
		"{\"type\":\"lost\",\"ts_ns\":1000000000,\"kind\":\"oom\",\"count\":3}\n";
	struct output o;

	(void)state;
	read_text(&o, session);
	assert_non_null(strstr(o.text, "\"time\":\"2023-11-14T22:13:21.000000Z\",\"kind\":\"oom\""));
	free(o.text);
}

static char *repeat(const char *what, size_t size)
{
	size_t len = strlen(what);
	char *text = malloc(size + 1);

	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = what[i % len];
	text[size] = '\0';
	return text;
}

/* Lines up to RECORDING_LINE_MAX are read, longer ones passed over, wherever they stand. */
static void test_long_lines(void **state)
{
	static const size_t longer[] = { 0, 1, 1000, 300 << 10, 30 << 20 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(longer); i++) {
		size_t rest = strlen(AS_LOST("1", "null", "\"\"", "3"));
		char *name = repeat("x", RECORDING_LINE_MAX - rest + longer[i]), *bytes;
		struct jsonl_reader_stats stats;
		struct output o;
		size_t got;

		assert_true(asprintf(&bytes, LOST "\n" AS_LOST("1", "null", "\"%s\"", "3") "\n" LOST "\n",
				     name) > 0);
		stats = read_text(&o, bytes);
		got = o.size;
		assert_int_equal(stats.too_long, longer[i] != 0);
		assert_int_equal(stats.records, 2 + !longer[i]);
		assert_int_equal(stats.malformed, 0);
		/* What is kept of a name is bounded, however long the line may be. */
		assert_int_equal(got > VALUE__TEXT_MAX, !longer[i]);
		assert_true(got < VALUE__TEXT_MAX + 1024);
		free(o.text);

		/* and as the last one, cut off */
		bytes[strlen(bytes) - strlen(LOST) - 3] = '\0';
		stats = read_text(&o, bytes);
		assert_int_equal(stats.too_long, longer[i] > 1);
		assert_int_equal(stats.records, 1);
		free(o.text);
		free(bytes);
		free(name);
	}
}

/* Nested or crowded so that a parser would need a gigabyte: no record, and no harm. */
static void test_hostile_structure(void **state)
{
	static const char *const patterns[] = { "{},", "[", "{\"a\":", "[],", "\"{\\\"\",", "1," };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		char *crowd = repeat(patterns[i], RECORDING_LINE_MAX - 100), *bytes;
		struct jsonl_reader_stats stats;
		struct output o;

		assert_true(asprintf(&bytes, "{\"type\":\"oom\",\"victims\":[%s]}\n" LOST "\n", crowd) > 0);
		stats = read_text(&o, bytes);
		assert_int_equal(stats.malformed, 1);
		assert_int_equal(stats.records, 1);
		free(o.text);
		free(bytes);
		free(crowd);
	}
}

/* The parts that a rotated recording consists of are one session; alone, each is one. */
static void test_parts(void **state)
{
	static const char first[] =
		"{\"type\":\"session\",\"ts_ns\":7,\"schema\":1,%s\"version\":\"9\",\"kernel\":\"9\","
		"\"arch\":\"z\",\"page_size\":1,\"wall_offset_ns\":5,\"target\":{\"kind\":\"machine\"}}\n" LOST
		"\n";
	static const char *const parts[] = { "", "\"part\":2,", "\"part\":3,", "", "\"part\":3," };
	static const unsigned sessions[] = { 1, 1, 1, 2, 3 };
	struct output o;
	struct sink *sink = open_sink(&o, true);
	struct jsonl_reader *r = jsonl_reader__new(sink);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char bytes[1024];
		int fd;

		snprintf(bytes, sizeof(bytes), first, parts[i]);
		fd = file_of(bytes, strlen(bytes));
		assert_int_equal(jsonl_reader__read(r, fd), 0);
		assert_int_equal(jsonl_reader__stats(r)->sessions, sessions[i]);
		assert_int_equal(jsonl_reader__stats(r)->records, i + 1 + sessions[i]);
		close(fd);
	}
	jsonl_reader__free(r);
	close_sink(&o, sink);
	free(o.text);
}

static void test_errors(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct sink *sink = jsonl_write__new(full);
	struct jsonl_reader *r = jsonl_reader__new(sink);
	int fd = file_of(LOST "\n" LOST "\n", 2 * strlen(LOST) + 2);

	(void)state;
	assert_int_equal(jsonl_reader__read(r, fd), 0);
	assert_int_equal(jsonl_reader__sink_error(r), -ENOSPC);
	assert_int_equal(jsonl_reader__stats(r)->records, 1);
	jsonl_reader__free(r);
	close(fd);

	r = jsonl_reader__new(sink);
	assert_int_equal(jsonl_reader__read(r, 1 << 20), -EBADF);
	jsonl_reader__free(r);
	sink->ops->free(sink);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_blank_lines),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_unknown_purposes),
		cmocka_unit_test(test_time_of_the_session),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_hostile_structure),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
