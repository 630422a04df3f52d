// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "terminal/keys.h"

#define MIB (1024ULL * 1024)

static enum keys_action type(struct keys *keys, const char *text, uint64_t *bytes)
{
	enum keys_action action = KEYS_NONE;

	for (; *text; text++)
		action = keys__take(keys, *text, 100 * MIB, bytes);
	return action;
}

static void test_steps(void **state)
{
	struct keys keys = {};
	uint64_t bytes = 0;

	(void)state;
	assert_int_equal(type(&keys, "-", &bytes), KEYS_SET);
	assert_in_range(bytes, 90 * MIB - 8192, 90 * MIB + 8192);
	assert_int_equal(bytes % 4096, 0);
	assert_int_equal(type(&keys, "+", &bytes), KEYS_SET);
	assert_in_range(bytes, 110 * MIB - 8192, 110 * MIB + 8192);
	/* Never to nothing. */
	assert_int_equal(keys__take(&keys, '-', 10, &bytes), KEYS_SET);
	assert_true(bytes >= 4096);
	assert_int_equal(type(&keys, "x", &bytes), KEYS_NONE);
	assert_int_equal(type(&keys, "?", &bytes), KEYS_HELP_WANTED);
	assert_int_equal(type(&keys, "q", &bytes), KEYS_QUIT);
}

static void test_set(void **state)
{
	struct keys keys = {};
	uint64_t bytes = 7;

	(void)state;
	assert_int_equal(type(&keys, "s64", &bytes), KEYS_PROMPT);
	assert_string_equal(keys.typed, "64");
	assert_int_equal(type(&keys, "k\x7fM\n", &bytes), KEYS_SET);
	assert_int_equal(bytes, 64 * MIB);
	assert_int_equal(type(&keys, "smax\r", &bytes), KEYS_SET);
	assert_true(bytes == UINT64_MAX);
	bytes = 7;
	assert_int_equal(type(&keys, "s\n", &bytes), KEYS_BAD);
	assert_int_equal(type(&keys, "sq\n", &bytes), KEYS_BAD);
	assert_int_equal(type(&keys, "s12M\x1b", &bytes), KEYS_NONE);
	assert_false(keys.typing);
	assert_int_equal(bytes, 7);
	/* Longer than any size: the rest is dropped, nothing overflows. */
	assert_int_equal(type(&keys, "s1111111111111111111111111111111111111111111111", &bytes), KEYS_PROMPT);
	assert_int_equal(type(&keys,
			      "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"
			      "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f",
			      &bytes),
			 KEYS_PROMPT);
	assert_string_equal(keys.typed, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
