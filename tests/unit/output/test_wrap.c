// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/wrap.h"

static void expect_look(struct text_look look, const char *text, const char *wrapped)
{
	size_t size;
	char *got = NULL;
	FILE *out = open_memstream(&got, &size), *wrap;

	assert_non_null(out);
	wrap = wrap__open(out, look);
	assert_non_null(wrap);
	/* However it comes. */
	for (const char *c = text; *c; c++) {
		fputc(*c, wrap);
		fflush(wrap);
	}
	assert_int_equal(fclose(wrap), 0);
	fclose(out);
	assert_string_equal(got, wrapped);
	free(got);
}

static void expect(unsigned int columns, const char *text, const char *wrapped)
{
	expect_look((struct text_look){ .columns = columns }, text, wrapped);
}

static void test_breaks(void **state)
{
	(void)state;
	expect(0, "a line that is as long as it is\n", "a line that is as long as it is\n");
	expect(20, "0123456789 012345678\n", "0123456789\n012345678\n"); /* the last column stays free */
	expect(20, "0123456789 01234567\n", "0123456789 01234567\n");
	expect(20, "a  b   c\n\nd", "a  b   c\n\nd");
	expect(20, "blanks at the end   \n", "blanks at the end\n");
}

static void test_joints(void **state)
{
	(void)state;
	expect(20, "limit usage 64.0\001MiB\n", "limit usage\n64.0 MiB\n");
	expect(0, "64.0\001MiB\n", "64.0 MiB\n");
	expect(0, "a\001name\001longer\001than\001a\001line\n", "a name longer than a line\n");
	expect(20, "a\001name\001longer\001than\001a\001line\n", "a name lon…n a line\n");
	expect(20, "x a\001name\001longer\001than\001a\001line y\n", "x\na name lon…n a line\ny\n");
}

static void test_hangs(void **state)
{
	(void)state;
	expect(24, "label   \002one two three four\n", "label   one two three\n        four\n");
	expect(24, "label   \002one two three four\nfive six seven eight nine\n",
	       "label   one two three\n        four\nfive six seven eight\nnine\n");
	/* Deeper than half the terminal. */
	expect(20, "a deep label  \002one two\n", "a deep label  one\n  two\n");
	/* A word for which there is room only at the left; one for which there is none. */
	expect(20, "label  \002one twelve-letters two\n", "label  one\n  twelve-letters\n       two\n");
	expect(20, "label  \002one more-than-twenty-letters\n", "label  one\n  more-than…letters\n");
	/* A first word for which there is room only below its label. */
	expect(20, "label  \002twelve-letters two\n", "label\n  twelve-letters\n       two\n");
}

/* No name is broken: a path is, behind a slash. A name that is longer than a line loses its middle. */
static void test_long_names(void **state)
{
	struct text_look ascii = { .columns = 20, .ascii = true };

	(void)state;
	expect(20, "cg  \002/system.slice/docker-123.scope x\n",
	       "cg  /system.slice/\n  docker-123.scope\n    x\n");
	expect(20, "/a/twelve-letters/and-fifteen-more\n", "/a/twelve-letters/\nand-fifteen-more\n");
	expect(20, "/a/name-of-one-and-twenty/b\n", "/a/\nname-of-on…-twenty/\nb\n");
	expect_look(ascii, "name-of-one-and-twenty\n", "name-of-o...-twenty\n");
	expect(20, "0123456789abcdefghi\n", "0123456789abcdefghi\n");
	expect(20, "0123456789abcdefghij\n", "0123456789…cdefghij\n");
	expect(20, "\033[1m0123456789abcdefghij\033[0m\n", "\033[1m0123456789…cdefghij\033[0m\n");
	expect(20, "漢字漢字漢字漢字漢字漢字\n", "漢字漢字漢…漢字漢字\n");
	/* Neither numbers nor a doubled mark are broken. */
	expect(20, "--one=two,three,1,234,567,four\n", "--one=two,\nthree,1,234,567,\nfour\n");
	expect(20, "std::vector<std::pair<int>>\n", "std::vector<std::\npair<int>>\n");
}

static void test_widths(void **state)
{
	(void)state;
	expect(20, "\033[1m0123456789\033[0m 01234567\n", "\033[1m0123456789\033[0m 01234567\n");
	expect(20, "▁▂▃▄▅▆▇█▁▂ ▁▂▃▄▅▆▇█\n", "▁▂▃▄▅▆▇█▁▂ ▁▂▃▄▅▆▇█\n");
	expect(20, "äöü 漢字漢字漢字漢字\n", "äöü\n漢字漢字漢字漢字\n");
}

static void test_plain(void **state)
{
	char text[] = "a\001b \002c";

	(void)state;
	assert_string_equal(wrap__plain(text), "a b c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_breaks), cmocka_unit_test(test_joints),
		cmocka_unit_test(test_hangs),  cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_widths), cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
