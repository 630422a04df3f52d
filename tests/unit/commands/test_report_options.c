// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/clock.h"
#include "commands/report_options.h"

#define MAX_WORDS 6

static char *help, *error;

/* Words end at the first NULL; they are copied, since argv is not const. */
static enum option_table_result parse(const char *const *words, struct report_options *opts)
{
	static char copies[MAX_WORDS + 1][64];
	static char *argv[MAX_WORDS + 2];
	enum option_table_result result;
	size_t help_len, error_len;
	FILE *help_out, *err;
	int argc = 1;

	memset(argv, 0, sizeof(argv));
	argv[0] = strcpy(copies[MAX_WORDS], "report");

	for (size_t i = 0; i < MAX_WORDS && words[i]; i++)
		argv[argc++] = strcpy(copies[i], words[i]);
	free(help);
	free(error);
	memset(opts, 0xaa, sizeof(*opts));
	help_out = open_memstream(&help, &help_len);
	err = open_memstream(&error, &error_len);
	result = report_options__parse(argc, argv, opts, help_out, err);
	fclose(help_out);
	fclose(err);
	return result;
}

static struct report_options good(const char *const *words)
{
	struct report_options opts;

	if (parse(words, &opts) != OPTION_TABLE_RUN)
		fail_msg("%s: %s", words[0], error);
	assert_string_equal(help, "");
	assert_string_equal(error, "");
	return opts;
}

#define GOOD(...) good((const char *const[MAX_WORDS + 1]){ __VA_ARGS__ })

static void defaults(void **state)
{
	struct report_options opts = GOOD("a.jsonl", "b.jsonl");

	(void)state;
	assert_int_equal(opts.format, REPORT_TEXT);
	assert_false(opts.no_summary);
	assert_null(opts.out);
	assert_null(opts.filter.cgroup);
	assert_true(opts.filter.kill == 0);
	assert_int_equal(opts.filter.since.kind, REPORT_TIME_NONE);
	assert_string_equal(opts.files[0], "a.jsonl");
	assert_string_equal(opts.files[1], "b.jsonl");
	assert_null(opts.files[2]);
}

static void output(void **state)
{
	static const char *const names[REPORT_FORMATS] = { "text",	   "json",  "folded", "html",
							   "chrome-trace", "jsonl", "csv" };

	(void)state;
	for (int i = 0; i < REPORT_FORMATS; i++)
		assert_int_equal(GOOD("--format", names[i], "-").format, i);
	assert_string_equal(GOOD("-o", "x.html", "-").out, "x.html");
	assert_null(GOOD("-o", "-", "-").out);
	assert_false(GOOD("--time", "utc", "-").local_time);
	assert_true(GOOD("--time=local", "-").local_time);
	assert_true(GOOD("--compare", "a.jsonl", "b.jsonl").compare);
}

static void times(void **state)
{
	struct report_filter filter =
		GOOD("--since", "2026-11-23T20:16:55Z", "--until", "20:16:55.7", "-").filter;

	(void)state;
	assert_int_equal(filter.since.kind, REPORT_TIME_WALL);
	assert_true(filter.since.ns == 1795465015 * NS_PER_S);
	assert_int_equal(filter.until.kind, REPORT_TIME_OF_DAY);
	assert_true(filter.until.ns == ((20 * 60 + 16) * 60 + 55) * NS_PER_S + 700 * NS_PER_MS);
	filter = GOOD("--time=local", "--since", "20:16", "-").filter;
	assert_int_equal(filter.since.kind, REPORT_TIME_OF_DAY);
	assert_true(filter.since.ns == (20 * 60 + 16) * 60 * NS_PER_S);
	assert_true(filter.local_time);
	filter = GOOD("--since", "10s", "--until", "1.5m", "-").filter;
	assert_int_equal(filter.since.kind, REPORT_TIME_RELATIVE);
	assert_true(filter.since.ns == 10 * NS_PER_S);
	assert_true(filter.until.ns == 90 * NS_PER_S);
}

/* As in the file system, or as records have it. */
static void which(void **state)
{
	(void)state;
	assert_string_equal(GOOD("--cgroup", "/sys/fs/cgroup/a.slice", "-").filter.cgroup, "/a.slice");
	assert_string_equal(GOOD("--cgroup", "/a.slice", "-").filter.cgroup, "/a.slice");
	assert_string_equal(GOOD("--cgroup", "/sys/fs/cgroup2/a", "-").filter.cgroup, "/sys/fs/cgroup2/a");
	assert_string_equal(GOOD("--cgroup", "/sys/fs/cgroup", "-").filter.cgroup, "");
	assert_true(GOOD("--kill", "18446744073709551615", "-").filter.kill == UINT64_MAX);
}

static void errors(void **state)
{
	static const struct {
		const char *words[MAX_WORDS];
		const char *error;
	} cases[] = {
		{ { "--format", "xml", "-" }, "takes 'text', 'json'" },
		{ { "-o", "", "-" }, "a file to write" },
		{ { "--since", "yesterday", "-" }, "a time such as '2026-11-23T20:16:55Z'" },
		{ { "--since", "25:00:00", "-" }, "a time such as" },
		{ { "--until", "-5s", "-" }, "a time such as" },
		{ { "--cgroup", "a.slice", "-" }, "the path of a cgroup" },
		{ { "--kill", "-1", "-" }, "--kill" },
		{ { "--kill", "0", "-" }, "--kill" },
		{ { "--kill", "1x", "-" }, "--kill" },
		{ { "--kill", "18446744073709551616", "-" }, "--kill" },
		{ { "--wrong", "-" }, "--wrong" },
	};
	struct report_options opts;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(cases[i].words, &opts), OPTION_TABLE_USAGE);
		if (!strstr(error, cases[i].error) || !strstr(error, "Try 'oomtrace report --help'.\n"))
			fail_msg("%s %s: \"%s\" lacks \"%s\"", cases[i].words[0], cases[i].words[1], error,
				 cases[i].error);
	}
}

static int clean_up(void **state)
{
	(void)state;
	free(help);
	free(error);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults), cmocka_unit_test(output), cmocka_unit_test(times),
		cmocka_unit_test(which),    cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
