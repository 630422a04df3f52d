// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/copy.h"

static void cut_to_what_has_room(void **state)
{
	static const char unterminated[4] = { 'a', 'b', 'c', 'd' };
	char dst[5];

	(void)state;
	copy__text(dst, sizeof(dst), "abcd");
	assert_string_equal(dst, "abcd");
	copy__text(dst, sizeof(dst), "abcde");
	assert_string_equal(dst, "abcd");
	copy__text(dst, sizeof(dst), unterminated);
	assert_string_equal(dst, "abcd");
	copy__text(dst, sizeof(dst), "");
	assert_string_equal(dst, "");
	copy__text(dst, 1, "abcd");
	assert_string_equal(dst, "");
	copy__text(dst, sizeof(dst), NULL);
	assert_string_equal(dst, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_to_what_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
