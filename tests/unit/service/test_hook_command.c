// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "service/hook_command.h"

/* The words with "|" between them, or the error. */
static const char *words_of(const char *text)
{
	static char joined[256];
	char **words;
	int err = hook_command__split(text, &words);

	joined[0] = '\0';
	if (err)
		return err == -EINVAL ? "EINVAL" : "?";
	for (int i = 0; words[i]; i++) {
		strcat(joined, i ? "|" : "");
		strcat(joined, words[i]);
	}
	hook_command__free(words);
	return joined;
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(words_of("/bin/true"), "/bin/true");
	assert_string_equal(words_of("  a\t b  "), "a|b");
	assert_string_equal(words_of("a 'b c' \"d e\" f\\ g"), "a|b c|d e|f g");
	assert_string_equal(words_of("a '' \"\""), "a||");
	assert_string_equal(words_of("a'b'\"c\"\\'"), "abc'");
	assert_string_equal(words_of("'a\\' \"b\\\"\""), "a\\|b\"");
	/* A shell would do something about these. */
	assert_string_equal(words_of("a $B `c` $(d) ; e | f > g & *"), "a|$B|`c`|$(d)|;|e|||f|>|g|&|*");
	assert_string_equal(words_of("a\\"), "a\\");
	assert_string_equal(words_of(""), "EINVAL");
	assert_string_equal(words_of(" \t"), "EINVAL");
	assert_string_equal(words_of("a 'b"), "EINVAL");
	assert_string_equal(words_of("\"a"), "EINVAL");
}

static void test_find(void **state)
{
	char *sh[] = { "sh", NULL }, *path[] = { "/bin/sh", NULL }, *none[] = { "/nowhere/x", NULL },
	     *unknown[] = { "no-such-program", NULL }, *folder[] = { "/bin", NULL },
	     *data[] = { "/etc/passwd", NULL };

	(void)state;
	assert_int_equal(hook_command__find(sh), 0);
	assert_int_equal(hook_command__find(path), 0);
	assert_int_equal(hook_command__find(none), -ENOENT);
	assert_int_equal(hook_command__find(unknown), -ENOENT);
	assert_int_equal(hook_command__find(folder), -EACCES);
	assert_int_equal(hook_command__find(data), -EACCES);
}

#define IS_ENVIRONMENT(text) hook_command__is_environment(text, sizeof(text))

static void test_environment(void **state)
{
	(void)state;
	assert_true(IS_ENVIRONMENT(""));
	assert_true(IS_ENVIRONMENT("OOMTRACE_A=b\0OOMTRACE_C=\0"));
	assert_true(IS_ENVIRONMENT("OOMTRACE_COMM=$(x) `y`; \"z\" \xc3\xa9\0"));
	/* Not those that would change how the command runs. */
	assert_false(IS_ENVIRONMENT("LD_PRELOAD=/x\0"));
	assert_false(IS_ENVIRONMENT("PATH=/x\0"));
	assert_false(IS_ENVIRONMENT("OOMTRACE_A=b\0LD_PRELOAD=/x\0"));
	assert_false(IS_ENVIRONMENT("OOMTRACE_a=b\0"));
	assert_false(IS_ENVIRONMENT("OOMTRACE_A\0"));
	assert_false(IS_ENVIRONMENT("OOMTRACE_A=b\nc\0"));
	assert_false(IS_ENVIRONMENT("OOMTRACE_A=\x1b]0;\0"));
	assert_false(hook_command__is_environment("OOMTRACE_A=b", 12));
	assert_false(hook_command__is_environment("OOMTRACE_A=b", 13));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
