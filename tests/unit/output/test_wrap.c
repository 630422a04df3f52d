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

static void expect(unsigned int columns, const char *text, const char *wrapped)
{
	size_t size;
	char *got = NULL;
	FILE *out = open_memstream(&got, &size), *wrap;

	assert_non_null(out);
	wrap = wrap__open(out, columns);
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
	expect(20, "a\001name\001longer\001than\001a\001line\n", "a name longer than a line\n");
	expect(20, "x a\001name\001longer\001than\001a\001line y\n", "x\na name longer than a line\ny\n");
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
	expect(20, "label  \002one more-than-twenty-letters\n", "label  one\n  more-than-twenty-letters\n");
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
		cmocka_unit_test(test_breaks), cmocka_unit_test(test_joints), cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_widths), cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
