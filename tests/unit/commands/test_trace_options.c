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

#define MAX_WORDS 12
#define HINT "Try 'oomtrace --help'.\n"

struct outcome {
	enum option_table_result result;
	struct trace_options opts;
	char *help;
	char *err;
};

/* Words end at the first NULL; they are copied, since argv is not const. */
static struct outcome run(const char *const *words)
{
	static char copies[MAX_WORDS][4200];
	char *argv[MAX_WORDS + 2] = { (char[]){ "oomtrace" } };
	struct outcome o;
	size_t help_len, err_len;
	FILE *help, *err;
	int argc = 1;

	for (size_t i = 0; i < MAX_WORDS && words[i]; i++) {
		assert_true(strlen(words[i]) < sizeof(copies[i]));
		argv[argc++] = strcpy(copies[i], words[i]);
	}
	memset(&o, 0, sizeof(o));
	memset(&o.opts, 0xaa, sizeof(o.opts));
	help = open_memstream(&o.help, &help_len);
	err = open_memstream(&o.err, &err_len);
	assert_non_null(help);
	assert_non_null(err);
	o.result = trace_options__parse(argc, argv, &o.opts, help, err);
	fclose(help);
	fclose(err);
	return o;
}

static void outcome__free(struct outcome *o)
{
	free(o->help);
	free(o->err);
}

struct good_case {
	const char *words[MAX_WORDS];
	struct trace_options want;
};

#define RING .ring_bytes = TRACE_OPTIONS_RING_BYTES_DEFAULT
#define WEB .target = { TARGET_CONTAINER, "web" }, .until_exit = true
#define SLICE .target = { TARGET_CGROUP, "/sys/fs/cgroup/system.slice" }
#define PID_1234 .target = { TARGET_PID, .pid = 1234 }

static const struct good_case good_cases[] = {
	{ { NULL }, { RING } },
	{ { "--" }, { RING } },
	{ { "-c", "web" }, { RING, WEB } },
	{ { "-cweb" }, { RING, WEB } },
	{ { "--container", "web" }, { RING, WEB } },
	{ { "--container=web" }, { RING, WEB } },
	{ { "--con", "web" }, { RING, WEB } },
	{ { "--until-exit", "-c", "web" }, { RING, WEB } },
	{ { "--interactive", "--restore", "-c", "web" },
	  { RING, WEB, .interactive = true, .restore = true } },
	{ { "-g", "/sys/fs/cgroup/system.slice" }, { RING, SLICE } },
	{ { "--cgroup=/sys/fs/cgroup/system.slice" }, { RING, SLICE } },
	{ { "--cgroup", "-.mount" }, { RING, .target = { TARGET_CGROUP, "-.mount" } } },
	{ { "--cgroup", "/a..b/..c/d../..." }, { RING, .target = { TARGET_CGROUP, "/a..b/..c/d../..." } } },
	{ { "--until-exit", "--cgroup=/sys/fs/cgroup/system.slice" }, { RING, SLICE, .until_exit = true } },
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
	assert_int_equal(got->target.pid, want->target.pid);
	assert_int_equal(got->duration_ns, want->duration_ns);
	assert_int_equal(got->ring_bytes, want->ring_bytes);
	assert_int_equal(got->interactive, want->interactive);
	assert_int_equal(got->restore, want->restore);
	assert_int_equal(got->until_exit, want->until_exit);
	assert_int_equal(got->dry_run, want->dry_run);
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

struct bad_case {
	const char *words[MAX_WORDS];
	const char *error; /* after "oomtrace: " and before "\n" HINT */
};

#define IT_TAKES_CONTAINER "the name, id or unique prefix of a running container, such as 'web'"
#define IT_TAKES_CGROUP "the path of a cgroup without '..', such as /sys/fs/cgroup/system.slice"
#define IT_TAKES_PID "the number of a running process, such as 1234"
#define IT_TAKES_OUTPUT "'text' or 'json', for example '--output json'"
#define IT_TAKES_RECORD "a file to create, or '-' for stdout in place of text"
#define IT_TAKES_TIME "a time above 0 with its unit, such as '500ms', '30s' or '5m'"
#define IT_TAKES_RING "a power of two from 4K to 256M, and at least a page, such as '4M'"
#define TWICE                                                                               \
	" is given twice; one run traces one target, or every kill on the machine if none " \
	"is given"

static const struct bad_case bad_cases[] = {
	/* unknown options */
	{ { "--contaner", "web" }, "unknown option '--contaner'; did you mean '--container'?" },
	{ { "--contaner=web" }, "unknown option '--contaner=web'; did you mean '--container'?" },
	{ { "--cnotainer=web" }, "unknown option '--cnotainer=web'; did you mean '--container'?" },
	{ { "--dryrun" }, "unknown option '--dryrun'; did you mean '--dry-run'?" },
	{ { "--pids" }, "unknown option '--pids'; did you mean '--pid'?" },
	{ { "--versions" }, "unknown option '--versions'; did you mean '--version'?" },
	{ { "--force-kprobez" }, "unknown option '--force-kprobez'" },
	{ { "--frobnicate" }, "unknown option '--frobnicate'" },
	{ { "--=x" }, "unknown option '--=x'" },
	{ { "--x" }, "unknown option '--x'" },
	{ { "web", "--frobnicate" }, "unknown option '--frobnicate'" },
	{ { "-x" }, "unknown option '-x'" },
	{ { "-vx" }, "unknown option '-x'" },
	{ { "-C" }, "unknown option '-C'; did you mean '-c' (--container)?" },
	{ { "-H" }, "unknown option '-H'; did you mean '-h' (--help)?" },
	{ { "-:" }, "unknown option '-:'" },
	{ { "-container", "web" }, "unknown option '-container'; did you mean '--container'?" },
	{ { "-container=web" }, "unknown option '-container'; did you mean '--container'?" },
	{ { "-v", "-help" }, "unknown option '-help'; did you mean '--help'?" },
	/* abbreviations */
	{ { "--c", "web" }, "option '--c' is ambiguous: --container, --cgroup" },
	{ { "--c=web" }, "option '--c=web' is ambiguous: --container, --cgroup" },
	{ { "--ver" }, "option '--ver' is ambiguous: --verbose, --version" },
	{ { "--d" }, "option '--d' is ambiguous: --duration, --dry-run" },
	/* values missing or not wanted */
	{ { "-c" }, "option '--container' needs a value: " IT_TAKES_CONTAINER },
	{ { "--cont" }, "option '--container' needs a value: " IT_TAKES_CONTAINER },
	{ { "--container", "--dry-run" }, "option '--container' needs a value: " IT_TAKES_CONTAINER },
	{ { "-c", "-v" }, "option '--container' needs a value: " IT_TAKES_CONTAINER },
	{ { "-c", "--", "web" }, "option '--container' needs a value: " IT_TAKES_CONTAINER },
	{ { "--cgroup" }, "option '--cgroup' needs a value: " IT_TAKES_CGROUP },
	{ { "-p" }, "option '--pid' needs a value: " IT_TAKES_PID },
	{ { "-o" }, "option '--output' needs a value: " IT_TAKES_OUTPUT },
	{ { "--duration" }, "option '--duration' needs a value: " IT_TAKES_TIME },
	{ { "--ring-size" }, "option '--ring-size' needs a value: " IT_TAKES_RING },
	{ { "--dry-run=yes" }, "option '--dry-run' takes no value" },
	{ { "--help=all" }, "option '--help' takes no value" },
	{ { "--vers=1" }, "option '--version' takes no value" },
	/* values */
	{ { "-c", "" }, "--container: '' is not valid; it takes " IT_TAKES_CONTAINER },
	{ { "--container=" }, "--container: '' is not valid; it takes " IT_TAKES_CONTAINER },
	{ { "-g", "" }, "--cgroup: '' is not valid; it takes " IT_TAKES_CGROUP },
	{ { "-g", ".." }, "--cgroup: '..' is not valid; it takes " IT_TAKES_CGROUP },
	{ { "-g", "/sys/fs/cgroup/../x" },
	  "--cgroup: '/sys/fs/cgroup/../x' is not valid; it takes " IT_TAKES_CGROUP },
	{ { "-g", "a/.." }, "--cgroup: 'a/..' is not valid; it takes " IT_TAKES_CGROUP },
	{ { "-p", "web" }, "--pid: 'web' is not valid; it takes " IT_TAKES_PID },
	{ { "-p", "" }, "--pid: '' is not valid; it takes " IT_TAKES_PID },
	{ { "-p", "99999999999999999999" },
	  "--pid: '99999999999999999999' is out of range; it takes " IT_TAKES_PID },
	{ { "-o", "xml" }, "--output: 'xml' is not valid; it takes " IT_TAKES_OUTPUT },
	{ { "-o", "JSON" }, "--output: 'JSON' is not valid; it takes " IT_TAKES_OUTPUT },
	{ { "--duration", "soon" }, "--duration: 'soon' is not valid; it takes " IT_TAKES_TIME },
	{ { "--duration", "0s" }, "--duration: '0s' is not valid; it takes " IT_TAKES_TIME },
	{ { "--duration", "99999999999999999999s" },
	  "--duration: '99999999999999999999s' is out of range; it takes " IT_TAKES_TIME },
	{ { "--ring-size", "big" }, "--ring-size: 'big' is not valid; it takes " IT_TAKES_RING },
	{ { "--ring-size", "3M" }, "--ring-size: '3M' is not valid; it takes " IT_TAKES_RING },
	{ { "--ring-size", "1" }, "--ring-size: '1' is out of range; it takes " IT_TAKES_RING },
	{ { "--ring-size", "512M" }, "--ring-size: '512M' is out of range; it takes " IT_TAKES_RING },
	{ { "--ring-size", "max" }, "--ring-size: 'max' is out of range; it takes " IT_TAKES_RING },
	{ { "--record", "" }, "--record: '' is not valid; it takes " IT_TAKES_RECORD },
	{ { "-r", "-v" }, "option '--record' needs a value: " IT_TAKES_RECORD },
	{ { "-r", "a", "--record-size", "1K" },
	  "--record-size: '1K' is out of range; it takes a size of at least 64K, such as '100M'" },
	{ { "-r", "a", "--record-size", "max" },
	  "--record-size: 'max' is out of range; it takes a size of at least 64K, such as '100M'" },
	{ { "--record-size", "1M" }, "--record-size needs --record FILE: it says how large FILE may grow" },
	{ { "--record-size", "1M", "-r", "-" }, "--record-size needs a file, and '--record -' is stdout" },
	{ { "-r", "a", "--dry-run" }, "--record goes with a trace, not with --find-min or --dry-run" },
	/* targets */
	{ { "-c", "web", "--container", "db" }, "--container" TWICE },
	{ { "-g", "/a", "-g", "/a" }, "--cgroup" TWICE },
	{ { "-p", "1", "-p", "2" }, "--pid" TWICE },
	{ { "-c", "web", "-p", "1" },
	  "--container and --pid exclude each other; give one target, "
	  "for example only '--container ID|NAME'" },
	{ { "--pid=1", "--cgroup=/a" },
	  "--pid and --cgroup exclude each other; give one target, "
	  "for example only '--pid PID'" },
	{ { "-g/a", "-cweb" },
	  "--cgroup and --container exclude each other; give one target, "
	  "for example only '--cgroup PATH'" },
	{ { "--interactive" },
	  "--interactive needs a target whose memory.max the keys change: --container, "
	  "--cgroup or --pid, for example '--container web --interactive'" },
	{ { "--interactive", "-c", "web", "--output", "json" },
	  "--interactive goes with text on a terminal, not with --output json" },
	{ { "--restore", "-c", "web" },
	  "--keep and --restore need --set-max, --ramp or --interactive: they say what becomes of the "
	  "changed limit at the end" },
	{ { "--until-exit" },
	  "--until-exit needs a target whose end to wait for: --container, "
	  "--cgroup or --pid, for example '--until-exit --pid 1234'" },
	/* arguments that are no options */
	{ { "web" }, "unexpected argument 'web'; did you mean '--container web'?" },
	{ { "-v", "web-1_a.b" }, "unexpected argument 'web-1_a.b'; did you mean '--container web-1_a.b'?" },
	{ { "4f5c8d2e9a1b" },
	  "unexpected argument '4f5c8d2e9a1b'; did you mean '--container 4f5c8d2e9a1b'?" },
	{ { "123456789012" },
	  "unexpected argument '123456789012'; did you mean '--container 123456789012'?" },
	{ { "1234" }, "unexpected argument '1234'; did you mean '--pid 1234'?" },
	{ { "/sys/fs/cgroup/a" },
	  "unexpected argument '/sys/fs/cgroup/a'; did you mean '--cgroup /sys/fs/cgroup/a'?" },
	{ { "/a/../b" }, "unexpected argument '/a/../b'; oomtrace takes options only" },
	{ { "" }, "unexpected argument ''; oomtrace takes options only" },
	{ { "-" }, "unexpected argument '-'; oomtrace takes options only" },
	{ { "a b" }, "unexpected argument 'a b'; oomtrace takes options only" },
	{ { "--", "-v" }, "unexpected argument '-v'; oomtrace takes options only" },
	{ { "--", "-help" }, "unexpected argument '-help'; oomtrace takes options only" },
	{ { "-c", "web", "db" }, "unexpected argument 'db'; oomtrace takes options only" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_cases); i++) {
		struct outcome o = run(bad_cases[i].words);
		struct trace_options untouched;
		char want[512];

		memset(&untouched, 0xaa, sizeof(untouched));
		snprintf(want, sizeof(want), "oomtrace: %s\n" HINT, bad_cases[i].error);
		assert_string_equal(o.err, want);
		assert_int_equal(o.result, OPTION_TABLE_USAGE);
		assert_string_equal(o.help, "");
		assert_memory_equal(&o.opts, &untouched, sizeof(untouched));
		outcome__free(&o);
	}
}

/* Whatever the user typed, an error is two printable lines. */
static void test_errors_are_escaped(void **state)
{
	static const char *const evil = "\033]0;x\007\n\r\x9b\x7f\xc2\x9b";
	static const char *const before[] = { "--", "--duration=", "--pid=", "-", "", "--c=" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		char word[64];
		struct outcome o;
		size_t newlines = 0;

		snprintf(word, sizeof(word), "%s%s", before[i], evil);
		o = run((const char *[]){ word, NULL });
		assert_int_equal(o.result, OPTION_TABLE_USAGE);
		for (const char *c = o.err; *c; c++) {
			newlines += *c == '\n';
			assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
		}
		assert_int_equal(newlines, 2);
		outcome__free(&o);
	}
}

static void test_long_words_are_cut(void **state)
{
	char word[4100];
	struct outcome o;

	(void)state;
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	o = run((const char *[]){ word, NULL });
	assert_int_equal(o.result, OPTION_TABLE_USAGE);
	assert_non_null(strstr(o.err, "aaa...'"));
	assert_true(strlen(o.err) < 400);
	outcome__free(&o);
	memset(word, '-', 2);
	o = run((const char *[]){ word, NULL });
	assert_int_equal(o.result, OPTION_TABLE_USAGE);
	assert_true(strlen(o.err) < 400);
	outcome__free(&o);
	memset(word + 2, 0x1b, sizeof(word) - 3);
	o = run((const char *[]){ word, NULL });
	assert_int_equal(o.result, OPTION_TABLE_USAGE);
	assert_non_null(strstr(o.err, "...'"));
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
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_smallest_ring_is_a_page),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_errors_are_escaped),
		cmocka_unit_test(test_long_words_are_cut),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_no_argv),
	};

	unsetenv("COLUMNS");
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
