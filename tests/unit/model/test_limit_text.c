// SPDX-License-Identifier: GPL-2.0-only
/* The texts that people and runtimes write to memory.max, and those that the kernel refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/limit_text.h"
#include "record/record.h"

#define PAGE 4096
#define MIB (1024 * 1024ULL)

static uint64_t read_text(const char *text)
{
	char buf[LIMIT_TEXT_LEN] = {};
	uint64_t bytes = 1; /* no whole number of pages: stays when it isn't a limit */

	strncpy(buf, text, sizeof(buf) - 1);
	assert_true(limit_text__read(buf, PAGE, &bytes) == (bytes != 1));
	return bytes;
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(read_text("67108864\n"), 64 * MIB);
	assert_int_equal(read_text("67108864"), 64 * MIB);
	assert_int_equal(read_text("64M\n"), 64 * MIB);
	assert_int_equal(read_text("64m"), 64 * MIB);
	assert_int_equal(read_text("65536k"), 64 * MIB);
	assert_int_equal(read_text("1G"), 1024 * MIB);
	assert_int_equal(read_text("1t"), 1ULL << 40);
	assert_int_equal(read_text("1P"), 1ULL << 50);
	assert_int_equal(read_text("1e"), 1ULL << 60);
	assert_int_equal(read_text(" \t64M \n"), 64 * MIB);
	assert_int_equal(read_text("max\n"), RECORD_NO_LIMIT);
	assert_int_equal(read_text(" max"), RECORD_NO_LIMIT);
	assert_int_equal(read_text("0"), 0);
	assert_int_equal(read_text("4095"), 0);
	assert_int_equal(read_text("67108865"), 64 * MIB);
	assert_int_equal(read_text("0x4000000"), 64 * MIB);
	assert_int_equal(read_text("0400000000"), 64 * MIB);
	/* `echo >memory.max` sets a limit of 0. */
	assert_int_equal(read_text("\n"), 0);
	assert_int_equal(read_text("M"), 0);
	/* PAGE_COUNTER_MAX pages and more are no limit; Docker writes the first, on cgroup v1. */
	assert_int_equal(read_text("9223372036854771712"), RECORD_NO_LIMIT);
	assert_int_equal(read_text("18446744073709551615\n"), RECORD_NO_LIMIT);
}

static void test_no_limits(void **state)
{
	static const char *const texts[] = {
		"",
		"maximum",
		"ma",
		"-1",
		"+1",
		"64MB",
		"64 M",
		"1.5G",
		"x",
		"64M0",
		"18446744073709551616",
		"00000000000000000000064",
		"                       64",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(read_text(texts[i]), 1);
}

/* One that fills all of its room may go on behind it. */
static void test_no_end(void **state)
{
	char text[LIMIT_TEXT_LEN];
	uint64_t bytes;

	(void)state;
	memset(text, ' ', sizeof(text));
	text[0] = '8';
	assert_false(limit_text__read(text, PAGE, &bytes));
	text[sizeof(text) - 1] = '\0';
	assert_false(limit_text__read(text, PAGE, &bytes));
	text[sizeof(text) - 2] = '\0';
	assert_true(limit_text__read(text, PAGE, &bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_no_limits),
		cmocka_unit_test(test_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
