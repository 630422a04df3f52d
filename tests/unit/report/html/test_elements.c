// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/html/elements.h"

static char *text;
static size_t size;

static FILE *begin(void)
{
	free(text);
	text = NULL;
	return open_memstream(&text, &size);
}

/* Valid until the next begin(). */
static const char *end(FILE *out)
{
	fclose(out);
	return text;
}

static const char *text_of(const char *name)
{
	FILE *out = begin();

	html_elements__text(out, name);
	return end(out);
}

/* In an element, and in an attribute with either quote. */
static void no_name_is_more_than_text(void **state)
{
	(void)state;
	assert_string_equal(text_of("web-1"), "web-1");
	assert_string_equal(text_of("</p><script>alert('1')</script>"),
			    "&lt;/p&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
	assert_string_equal(text_of("\" onclick=\"x"), "&quot; onclick=&quot;x");
	assert_string_equal(text_of("&lt;"), "&amp;lt;");
	assert_string_equal(text_of("a\033[31m\nb"), "a\\x1b[31m\\x0ab");
	/* Not UTF-8, and a character that turns the line round. */
	assert_string_equal(text_of("\xff\xe2\x80\xae"), "\\xff\\u{202e}");
	assert_string_equal(text_of(NULL), "(unknown)");
	assert_string_equal(text_of(""), "");
}

/* A NUL ends C's strings, but not a command line. */
static void bytes_with_a_nul(void **state)
{
	FILE *out = begin();

	(void)state;
	html_elements__bytes(out, "a\0<", 3);
	assert_string_equal(end(out), "a\\x00&lt;");
}

static void names_are_isolated(void **state)
{
	FILE *out = begin();

	(void)state;
	html_elements__name(out, "<b>");
	assert_string_equal(end(out), "<bdi>&lt;b&gt;</bdi>");
	out = begin();
	html_elements__process(out, "a'b", 42);
	end(out);
	assert_non_null(strstr(text, "<bdi>a&#39;b</bdi>"));
	assert_non_null(strstr(text, "42"));
}

static const char *piece(uint64_t from, uint64_t to, uint64_t all)
{
	FILE *out = begin();

	html_elements__bar_piece(out, "x", from, to, all);
	return end(out);
}

static unsigned int number_at(const char *markup, const char *key)
{
	const char *at = strstr(markup, key);

	return at ? (unsigned int)strtoul(at + strlen(key), NULL, 10) : 0;
}

/* Whatever a recording says, a bar stays in its place; the least piece is still seen. */
static void bars_are_clipped(void **state)
{
	const char *markup = piece(250, 750, 1000);

	(void)state;
	assert_int_equal(number_at(markup, " x=\""), 250);
	assert_int_equal(number_at(markup, " width=\""), 500);
	markup = piece(500, UINT64_MAX, 1000);
	assert_int_equal(number_at(markup, " x=\"") + number_at(markup, " width=\""), 1000);
	markup = piece(0, 1, UINT64_MAX);
	assert_true(number_at(markup, " width=\"") > 0);
	markup = piece(1000, 1000, 1000);
	assert_true(number_at(markup, " x=\"") + number_at(markup, " width=\"") <= 1000);
}

static int clean_up(void **state)
{
	(void)state;
	free(text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_name_is_more_than_text),
		cmocka_unit_test(bytes_with_a_nul),
		cmocka_unit_test(names_are_isolated),
		cmocka_unit_test(bars_are_clipped),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
