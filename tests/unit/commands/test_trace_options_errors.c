// SPDX-License-Identifier: GPL-2.0-only
/* What is wrong with a command line, in words. */
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

struct bad_case {
	const char *words[MAX_WORDS];
	const char *error; /* after "oomtrace: " and before "\n" HINT */
};

#define IT_TAKES_CONTAINER \
	"the name, id or unique prefix of a running container, such as 'web', or a pattern of names, such as 'web-*'"
#define IT_TAKES_CGROUP \
	"the path of a cgroup without '..', such as /sys/fs/cgroup/system.slice, or a pattern, such as 'web@*.service'"
#define IT_TAKES_PID "the number of a running process, such as 1234"
#define IT_TAKES_OUTPUT "'text' or 'json', for example '--output json'"
#define NO_DATE                                                                                                  \
	"--keep-files needs --record with a date in the file's name, of %Y, %m, %d, %H, %M and %S, for example " \
	"'--record oom-%Y-%m-%d.jsonl'"
#define IT_TAKES_FILES "a number from 1 to 9999, such as '14'"
#define IT_TAKES_RECORD "a file to create, or '-' for stdout in place of text"
#define IT_TAKES_TIME "a time above 0 with its unit, such as '500ms', '30s' or '5m'"
#define IT_TAKES_RING "a power of two from 4K to 256M, and at least a page, such as '4M'"
#define NEEDS_ONE " needs one target, by its name: it doesn't go with several, or with a pattern"
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
	{ { "--c", "web" }, "option '--c' is ambiguous: --container, --cgroup, --color" },
	{ { "--c=web" }, "option '--c=web' is ambiguous: --container, --cgroup, --color" },
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
	{ { "--keep-files", "7" }, NO_DATE },
	{ { "--keep-files", "7", "-r", "-" }, NO_DATE },
	{ { "--keep-files", "7", "-r", "oom.jsonl" }, NO_DATE },
	{ { "--keep-files", "7", "-r", "%Y/oom.jsonl" }, NO_DATE },
	{ { "--keep-files", "7", "-r", "oom-%Y-%B" }, NO_DATE },
	{ { "--keep-files", "7", "-r", "oom-%Y-%" }, NO_DATE },
	{ { "--keep-files", "7", "-r", "oom-%%Y" }, NO_DATE },
	{ { "-r", "%Y", "--keep-files", "0" },
	  "--keep-files: '0' is out of range; it takes " IT_TAKES_FILES },
	{ { "-r", "%Y", "--keep-files", "10000" },
	  "--keep-files: '10000' is out of range; it takes " IT_TAKES_FILES },
	{ { "-r", "%Y", "--keep-files", "7d" }, "--keep-files: '7d' is not valid; it takes " IT_TAKES_FILES },
	{ { "-r", "a", "--dry-run" }, "--record goes with a trace, not with --find-min or --dry-run" },
	/* targets */
	{ { "--all", "--all" }, "--all" TWICE },
	{ { "-c", "web", "-c", "db", "--set-max", "1G" }, "--set-max" NEEDS_ONE },
	{ { "-c", "web", "-g", "/a", "--ramp", "2G:1G:-512M@1s" }, "--ramp" NEEDS_ONE },
	{ { "-c", "web-*", "--find-min" }, "--find-min" NEEDS_ONE },
	{ { "-c", "web-?", "--interactive" }, "--interactive" NEEDS_ONE },
	{ { "-g", "/[ab]", "--until-exit" }, "--until-exit" NEEDS_ONE },
	{ { "-c", "a", "-c", "b", "--kernel-log" }, "--kernel-log" NEEDS_ONE },
	{ { "-c", "a", "-c", "b", "-p", "1" },
	  "--container and --pid exclude each other; give one target, for example only '--container ID|NAME'" },
	{ { "-p", "1", "-p", "2" }, "--pid" TWICE },
	{ { "-c", "web", "-p", "1" },
	  "--container and --pid exclude each other; give one target, "
	  "for example only '--container ID|NAME'" },
	{ { "--pid=1", "--cgroup=/a" },
	  "--pid and --cgroup exclude each other; give one target, "
	  "for example only '--pid PID'" },
	{ { "--all", "-c", "web" },
	  "--all and --container exclude each other; give one target, for example only '--all'" },
	{ { "--interactive" },
	  "--interactive needs a target whose memory.max the keys change: --container, "
	  "--cgroup or --pid, for example '--container web --interactive'" },
	{ { "--interactive", "-c", "web", "--output", "json" },
	  "--interactive goes with text on a terminal, not with --output json" },
	{ { "--restore", "-c", "web" },
	  "--keep and --restore need --set-max, --ramp or --interactive: they say what becomes of the "
	  "changed limit at the end" },
	{ { "--all", "--wait" },
	  "--wait needs a target that may come: --container or --cgroup, for example '--container web --wait'" },
	{ { "-p", "1", "--wait" },
	  "--wait needs a target that may come: --container or --cgroup, for example '--container web --wait'" },
	{ { "-c", "web", "--wait", "--dry-run" }, "--wait goes with a trace, not with --dry-run" },
	{ { "--all", "--no-usage" },
	  "--all is the whole machine with usage: for the machine without usage, leave out both --all and "
	  "--no-usage" },
	{ { "--all", "--until-exit" },
	  "--until-exit needs a target whose end to wait for: --container, "
	  "--cgroup or --pid, for example '--until-exit --pid 1234'" },
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
	{ { "reprot", "web.jsonl" },
	  "unexpected argument 'reprot'; did you mean 'oomtrace report', or '--container reprot'?" },
	{ { "lst" }, "unexpected argument 'lst'; did you mean 'oomtrace list', or '--container lst'?" },
	{ { "servce" },
	  "unexpected argument 'servce'; did you mean 'oomtrace service', or '--container servce'?" },
	{ { "-c", "web", "shwo" }, "unexpected argument 'shwo'; did you mean 'oomtrace show'?" },
	{ { "--html" }, "unknown option '--html'; did you mean 'oomtrace report --format html'?" },
	{ { "--json" }, "unknown option '--json'; did you mean '--output json'?" },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_errors_are_escaped),
		cmocka_unit_test(test_long_words_are_cut),
	};

	unsetenv("COLUMNS");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
