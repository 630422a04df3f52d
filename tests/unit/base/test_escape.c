// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/escape.h"

#define CASE(in, out)                   \
	{                               \
		in, sizeof(in) - 1, out \
	}
#define FFFD "\xef\xbf\xbd"

struct escape_case {
	const char *in;
	size_t len;
	const char *out;
};

static void terminal_text(void **state)
{
	static const struct escape_case cases[] = {
		CASE("", ""),
		CASE("stress-ng-vm", "stress-ng-vm"),
		CASE("a b~!", "a b~!"),
		CASE("back\\slash", "back\\\\slash"),
		CASE("machine-a\\x2db.scope", "machine-a\\x2db.scope"),
		CASE("\\x1b \\x7f \\x2 \\xg0 \\x2-", "\\\\x1b \\\\x7f \\\\x2 \\\\xg0 \\\\x2-"),
		CASE("\\\\x2d", "\\\\\\x2d"),
		CASE("\x1b[31mred", "\\x1b[31mred"),
		CASE("a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd"),
		CASE("nul\0in", "nul\\x00in"),
		CASE("\x7f", "\\x7f"),
		CASE("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"),
		CASE("\xe2\x82\xac \xf0\x9f\x90\xb3", "\xe2\x82\xac \xf0\x9f\x90\xb3"),
		CASE("\xc2\x9b"
		     "31m",
		     "\\u{009b}31m"),	       /* C1 CSI */
		CASE("\xc2\x85", "\\u{0085}"), /* NEL */
		CASE("\xc2\xa0", "\xc2\xa0"),  /* the first after C1 */
		CASE("a\xe2\x80\xae"
		     "b",
		     "a\\u{202e}b"), /* right-to-left override */
		CASE("\xe2\x80\x8b", "\\u{200b}"),
		CASE("\xe2\x80\x8f", "\\u{200f}"),
		CASE("\xe2\x80\x90", "\xe2\x80\x90"), /* the first after it: a hyphen */
		CASE("\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}"),
		CASE("\xe2\x81\xa0\xe2\x81\xa6\xe2\x81\xaf", "\\u{2060}\\u{2066}\\u{206f}"),
		CASE("\xef\xbb\xbf", "\\u{feff}"),
		CASE("\xd8\x9c", "\\u{061c}"),
		CASE("\xc2\xad", "\\u{00ad}"),
		CASE("\xf3\xa0\x80\x81", "\\u{e0001}"),
		CASE("\xef\xbf\xbe", "\\u{fffe}"),
		CASE("\xf4\x8f\xbf\xbf", "\\u{10ffff}"),
		CASE("\xff", "\\xff"),
		CASE("\x80", "\\x80"),
		CASE("\x9b", "\\x9b"),
		CASE("a\xc3", "a\\xc3"),
		CASE("\xc3(", "\\xc3("),
		CASE("\xc0\xaf", "\\xc0\\xaf"), /* overlong '/' */
		CASE("\xe0\x80\xaf", "\\xe0\\x80\\xaf"),
		CASE("\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"),
		CASE("\xed\xa0\x80", "\\xed\\xa0\\x80"),	  /* a surrogate */
		CASE("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"), /* above U+10FFFF */
		CASE("\xe2\x82", "\\xe2\\x82"),
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = escape__terminal(buf, sizeof(buf), cases[i].in, cases[i].len);

		assert_string_equal(buf, cases[i].out);
		assert_int_equal(len, strlen(cases[i].out));
	}
}

static void utf8_text(void **state)
{
	static const struct escape_case cases[] = {
		CASE("", ""),
		CASE("plain \"quoted\" \\ \n\x1b", "plain \"quoted\" \\ \n\x1b"),
		CASE("\xc3\xbc\xe2\x80\xae\xf0\x9f\x90\xb3", "\xc3\xbc\xe2\x80\xae\xf0\x9f\x90\xb3"),
		CASE("a\xff"
		     "b",
		     "a" FFFD "b"),
		CASE("a\0b", "a" FFFD "b"),
		CASE("\xc0\xaf", FFFD FFFD),
		CASE("\xed\xa0\x80", FFFD FFFD FFFD),
		CASE("\xe2\x82", FFFD FFFD),
		CASE("\xe2\x82\x41", FFFD FFFD "A"),
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = escape__utf8(buf, sizeof(buf), cases[i].in, cases[i].len);

		assert_string_equal(buf, cases[i].out);
		assert_int_equal(len, strlen(cases[i].out));
	}
}

/* Every size of buffer: a prefix of the whole that ends between two pieces. */
static void cut_between_characters(void **state)
{
	static const char in[] = "a\\\x1b\xc3\xbc\xe2\x80\xae\xff\xf0\x9f\x90\xb3";
	static const char *const pieces[] = {
		"a", "\\\\", "\\x1b", "\xc3\xbc", "\\u{202e}", "\\xff", "\xf0\x9f\x90\xb3",
	};
	char whole[ESCAPE__TERMINAL_SIZE(sizeof(in))];
	size_t len = escape__terminal(whole, sizeof(whole), in, sizeof(in) - 1);

	(void)state;
	for (size_t size = 0; size <= len + 2; size++) {
		char *buf = malloc(size ? size : 1); /* of that very size, for the sanitizer to guard */
		size_t expected = 0, got;

		assert_non_null(buf);
		for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
			if (expected + strlen(pieces[i]) + 1 > size)
				break;
			expected += strlen(pieces[i]);
		}
		got = escape__terminal(buf, size, in, sizeof(in) - 1);
		assert_int_equal(got, expected);
		if (size) {
			assert_int_equal(strlen(buf), expected);
			assert_memory_equal(buf, whole, expected);
		}
		free(buf);
	}
	for (size_t size = 1; size < 8; size++) {
		char buf[8];

		/* 3-byte characters only: nothing but whole ones come out. */
		assert_int_equal(escape__utf8(buf, size, "\xff\xe2\x82\xac", 4), (size - 1) / 3 * 3);
	}
}

/* Whatever the bytes: no control byte, no lone high byte, and the promised size suffices. */
static void every_pair_of_bytes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 65536; i++) {
		const char in[2] = { (char)(i >> 8), (char)i };
		char buf[ESCAPE__TERMINAL_SIZE(2)], again[sizeof(buf)];
		size_t len = escape__terminal(buf, sizeof(buf), in, 2);
		size_t utf8_len;

		assert_true(len >= 2);
		for (size_t k = 0; k < len; k++)
			assert_true((unsigned char)buf[k] >= 0x20 && buf[k] != 0x7f);
		assert_int_equal(escape__utf8(again, sizeof(again), buf, len), len);
		assert_memory_equal(buf, again, len);
		utf8_len = escape__utf8(buf, ESCAPE__UTF8_SIZE(2), in, 2);
		assert_true(utf8_len >= 2);
		assert_int_equal(escape__utf8(again, sizeof(again), buf, utf8_len), utf8_len);
		assert_memory_equal(buf, again, utf8_len);
	}
}

static void shown_names(void **state)
{
	char name[2 * ESCAPE__SHOWN_MAX], expected[4 * ESCAPE__SHOWN_MAX + 4];
	const char *first = escape__shown("first");
	size_t len = 0;

	(void)state;
	assert_string_equal(escape__shown("a\x1b[0m"), "a\\x1b[0m");
	assert_string_equal(escape__shown_cut("12345", 5), "12345");
	assert_string_equal(escape__shown_cut("123456", 5), "12345...");
	/* Three later ones leave the first as it is. */
	assert_string_equal(first, "first");
	/* Not in the middle of a character. */
	assert_string_equal(escape__shown_cut("12\xe2\x82\xac", 4), "12...");
	/* The worst there is: each byte becomes four. */
	memset(name, '\x01', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < ESCAPE__SHOWN_MAX; i++)
		len += (size_t)sprintf(expected + len, "\\x01");
	strcpy(expected + len, "...");
	assert_string_equal(escape__shown(name), expected);
	assert_string_equal(escape__shown_cut(name, sizeof(name)), expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal_text),
		cmocka_unit_test(utf8_text),
		cmocka_unit_test(cut_between_characters),
		cmocka_unit_test(every_pair_of_bytes),
		cmocka_unit_test(shown_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
