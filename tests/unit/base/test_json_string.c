// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json_string.h"

static void expect(const char *text, const char *json)
{
	size_t size;
	char *got = NULL;
	FILE *out = open_memstream(&got, &size);

	assert_non_null(out);
	json_string__put(out, text);
	fclose(out);
	assert_string_equal(got, json);
	free(got);
}

static void test_plain(void **state)
{
	(void)state;
	expect("hog", "\"hog\"");
	expect("", "\"\"");
	expect("größe", "\"größe\"");
	expect(NULL, "null");
}

/* It must neither end the string nor the script element that it stands in, nor reach a terminal. */
static void test_hostile(void **state)
{
	(void)state;
	expect("a\"b\\c", "\"a\\\"b\\\\\\\\c\""); /* a backslash is shown as two */
	expect("</script><!--&", "\"\\u003c/script\\u003e\\u003c!--\\u0026\"");
	expect("\033[31m\n\xff", "\"\\\\x1b[31m\\\\x0a\\\\xff\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
