// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "commands/trace_options.h"
#include "trace_options_run.h"

struct good_case {
	const char *words[MAX_WORDS];
	struct trace_options want;
};

#define RING .ring_bytes = TRACE_OPTIONS_RING_BYTES_DEFAULT
#define WEB .target = { .kind = TARGET_CONTAINER, .name = "web", .selection_count = 1 }
#define MANY(selections) .target = { .kind = TARGET_MANY, .selection_count = (selections) }
#define SLICE .target = { .kind = TARGET_CGROUP, .name = "/sys/fs/cgroup/system.slice", .selection_count = 1 }
#define PID_1234 .target = { .kind = TARGET_PID, .pid = 1234 }

static const struct good_case good_cases[] = {
	{ { NULL }, { RING } },
	{ { "--" }, { RING } },
	{ { "-c", "web" }, { RING, WEB } },
	{ { "-cweb" }, { RING, WEB } },
	{ { "--container", "web" }, { RING, WEB } },
	{ { "--container=web" }, { RING, WEB } },
	{ { "--con", "web" }, { RING, WEB } },
	{ { "--until-exit", "-c", "web" }, { RING, WEB, .until_exit = true } },
	{ { "--interactive", "--restore", "-c", "web" },
	  { RING, WEB, .interactive = true, .restore = true } },
	{ { "-g", "/sys/fs/cgroup/system.slice" }, { RING, SLICE } },
	{ { "--cgroup=/sys/fs/cgroup/system.slice" }, { RING, SLICE } },
	{ { "--cgroup", "-.mount" },
	  { RING, .target = { .kind = TARGET_CGROUP, .name = "-.mount", .selection_count = 1 } } },
	{ { "--cgroup", "/a..b/..c/d../..." },
	  { RING, .target = { .kind = TARGET_CGROUP, .name = "/a..b/..c/d../...", .selection_count = 1 } } },
	{ { "--until-exit", "--cgroup=/sys/fs/cgroup/system.slice" }, { RING, SLICE, .until_exit = true } },
	{ { "--wait", "-c", "web" }, { RING, WEB, .wait = true } },
	{ { "-c", "web", "--container", "db" }, { RING, MANY(2) } },
	{ { "-g/a", "-cweb", "--cgroup", "/b", "--wait" }, { RING, MANY(3), .wait = true } },
	{ { "-c", "web-*" }, { RING, MANY(1) } },
	{ { "-g", "[ab]?", "--no-usage" }, { RING, MANY(1), .no_usage = true } },
	{ { "--all" }, { RING, .target = { TARGET_ALL } } },
	{ { "-p", "1234" }, { RING, PID_1234 } },
	{ { "--pid", "1234" }, { RING, PID_1234 } },
	{ { "--pid=1234", "--until-exit" }, { RING, PID_1234, .until_exit = true } },
	{ { "-o", "text" }, { RING } },
	{ { "-o", "json" }, { RING, .output = TRACE_OPTIONS_OUTPUT_JSON } },
	{ { "--output=json" }, { RING, .output = TRACE_OPTIONS_OUTPUT_JSON } },
	{ { "-o", "json", "-o", "text" }, { RING } },
	{ { "-r", "a.jsonl" }, { RING, .record = "a.jsonl" } },
	{ { "--record=a", "--record-size=64K", "-o", "json" },
	  { RING, .record = "a", .record_bytes = 65536, .output = TRACE_OPTIONS_OUTPUT_JSON } },
	{ { "-r", "d%Y/oom-%%-%Y-%m-%d.jsonl", "--keep-files=14" },
	  { RING, .record = "d%Y/oom-%%-%Y-%m-%d.jsonl", .keep_files = 14 } },
	{ { "--record", "-" }, { RING, .output = TRACE_OPTIONS_OUTPUT_JSON } },
	{ { "--duration", "500ms" }, { RING, .duration_ns = 500000000 } },
	{ { "--duration=2s" }, { RING, .duration_ns = 2000000000 } },
	{ { "--duration=1m" }, { RING, .duration_ns = 60000000000 } },
	{ { "--dry-run" }, { RING, .dry_run = true } },
	{ { "--force-kprobes" }, { RING, .force_kprobes = true } },
	{ { "--no-usage" }, { RING, .no_usage = true } },
	{ { "--ring-size=256M" }, { .ring_bytes = 256U << 20 } },
	{ { "--ring-size", "64k" }, { .ring_bytes = 64 << 10 } },
	{ { "-v" }, { RING, .verbose = true } },
	{ { "-vv", "--verbose" }, { RING, .verbose = true } },
	{ { "-vojson", "-cweb", "--dry-run", "--duration=2s" },
	  { RING, WEB, .verbose = true, .output = TRACE_OPTIONS_OUTPUT_JSON, .dry_run = true,
	    .duration_ns = 2000000000 } },
};

static void assert_options_equal(const struct trace_options *got, const struct trace_options *want)
{
	assert_int_equal(got->target.kind, want->target.kind);
	assert_int_equal(got->target.selection_count, want->target.selection_count);
	assert_int_equal(got->output, want->output);
	if (want->target.name)
		assert_string_equal(got->target.name, want->target.name);
	else
		assert_null(got->target.name);
	if (want->record)
		assert_string_equal(got->record, want->record);
	else
		assert_null(got->record);
	assert_int_equal(got->record_bytes, want->record_bytes);
	assert_int_equal(got->keep_files, want->keep_files);
	assert_int_equal(got->target.pid, want->target.pid);
	assert_int_equal(got->duration_ns, want->duration_ns);
	assert_int_equal(got->ring_bytes, want->ring_bytes);
	assert_int_equal(got->interactive, want->interactive);
	assert_int_equal(got->restore, want->restore);
	assert_int_equal(got->until_exit, want->until_exit);
	assert_int_equal(got->dry_run, want->dry_run);
	assert_int_equal(got->wait, want->wait);
	assert_int_equal(got->verbose, want->verbose);
	assert_int_equal(got->force_kprobes, want->force_kprobes);
	assert_int_equal(got->no_usage, want->no_usage);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good_cases); i++) {
		struct outcome o = run(good_cases[i].words);

		if (o.result != OPTION_TABLE_RUN)
			print_error("case %zu: %s", i, o.err);
		assert_int_equal(o.result, OPTION_TABLE_RUN);
		assert_options_equal(&o.opts, &good_cases[i].want);
		assert_string_equal(o.help, "");
		assert_string_equal(o.err, "");
		outcome__free(&o);
	}
}

static void test_smallest_ring_is_a_page(void **state)
{
	char size[32];
	long page = sysconf(_SC_PAGESIZE);
	struct outcome o;

	(void)state;
	snprintf(size, sizeof(size), "%ld", page);
	o = run((const char *[]){ "--ring-size", size, NULL });
	assert_int_equal(o.result, OPTION_TABLE_RUN);
	assert_int_equal(o.opts.ring_bytes, page);
	outcome__free(&o);
	snprintf(size, sizeof(size), "%ld", page / 2);
	o = run((const char *[]){ "--ring-size", size, NULL });
	assert_int_equal(o.result, OPTION_TABLE_USAGE);
	outcome__free(&o);
}

static void test_version(void **state)
{
	static const char *const ways[] = { "-V", "--version", "-vV", "--vers" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct outcome o = run((const char *[]){ ways[i], "--frobnicate", NULL });

		assert_int_equal(o.result, OPTION_TABLE_DONE);
		assert_string_equal(o.err, "");
		assert_int_equal(strncmp(o.help, "oomtrace " OOMTRACE_VERSION "\nlibbpf ",
					 strlen("oomtrace " OOMTRACE_VERSION "\nlibbpf ")),
				 0);
		assert_int_equal(o.help[strlen(o.help) - 1], '\n');
		outcome__free(&o);
	}
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");

		longest = len > longest ? len : longest;
		text += len + (text[len] == '\n');
	}
	return longest;
}

static void test_help(void **state)
{
	static const char *const has[] = {
		"Usage: oomtrace [OPTION]...\n",
		"\nOther commands, each with --help:\n  oomtrace report           a report ",
		"\n  oomtrace list             the incidents ",
		"\nTarget (default: ",
		"\nOutput:\n",
		"\nWhen to stop (default: on ^C):\n",
		"\nOther:\n",
		"\n  -c, --container ID|NAME",
		"\n  -g, --cgroup PATH",
		"\n  -p, --pid PID",
		"\n  -o, --output text|json",
		"\n      --duration TIME",
		"\n      --until-exit",
		"\n      --dry-run",
		"\n      --ring-size SIZE",
		"\n  -v, --verbose",
		"\n  -V, --version",
		"\n  -h, --help",
		"\nExit status: ",
	};
	static const struct {
		const char *columns;
		size_t at_most;
	} widths[] = {
		{ "80", 80 },
		{ "40", 40 },
		{ "55", 55 },
		{ "56", 56 },
		{ "100", 100 },
		{ "1", 40 },
		{ "500", 100 },
		{ "0", 80 },
		{ "x", 80 },
		{ "-3", 80 },
		{ "", 80 },
		{ "80x", 80 },
		{ "99999999999999999999", 80 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		struct outcome o;

		setenv("COLUMNS", widths[i].columns, 1);
		o = run((const char *[]){ i % 2 ? "-h" : "--help", "--frobnicate", NULL });
		unsetenv("COLUMNS");
		assert_int_equal(o.result, OPTION_TABLE_DONE);
		assert_string_equal(o.err, "");
		assert_true(longest_line(o.help) <= widths[i].at_most);
		assert_null(strstr(o.help, " \n"));
		assert_null(strstr(o.help, "force-kprobes"));
		for (size_t j = 0; widths[i].at_most >= 56 && j < ARRAY_SIZE(has); j++)
			assert_non_null(strstr(o.help, has[j]));
		outcome__free(&o);
	}
}

static void test_no_argv(void **state)
{
	char *argv[] = { NULL };
	struct trace_options opts;

	(void)state;
	assert_int_equal(trace_options__parse(0, argv, &opts, stdout, stderr), OPTION_TABLE_RUN);
	assert_int_equal(opts.target.kind, TARGET_MACHINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	cmocka_unit_test(test_smallest_ring_is_a_page),
		cmocka_unit_test(test_version), cmocka_unit_test(test_help),
		cmocka_unit_test(test_no_argv),
	};

	unsetenv("COLUMNS");
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
