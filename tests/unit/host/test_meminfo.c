// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "host/meminfo.h"

static const char text[] =
	"MemTotal:        8123456 kB\nMemFree:          123456 kB\nSwapTotal:             0 kB\n"
	"HugePages_Total:       3\nBroken:     x kB\nHuge: 18014398509481984 kB\nLast: 7 kB";

static uint64_t value_of(const char *key)
{
	uint64_t bytes = 42;

	assert_int_equal(meminfo__parse(text, key, &bytes), 0);
	return bytes;
}

static void values(void **state)
{
	(void)state;
	assert_true(value_of("MemTotal") == 8123456ULL << 10);
	assert_true(value_of("SwapTotal") == 0);
	assert_true(value_of("Last") == 7 << 10);
}

/* Not half of a key, nor one that is in the middle of a line. */
static void what_is_not_there(void **state)
{
	static const char *const keys[] = { "Mem", "Total", "emFree", "MemTotal:", "Broken", "Huge", "" };
	uint64_t bytes = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_int_equal(meminfo__parse(text, keys[i], &bytes), -ENODATA);
	assert_int_equal(meminfo__parse("", "MemTotal", &bytes), -ENODATA);
	assert_true(bytes == 42);
}

static void this_machine(void **state)
{
	uint64_t total = 0, free_bytes = 0;

	(void)state;
	assert_int_equal(meminfo__machine("MemTotal", &total), 0);
	assert_int_equal(meminfo__machine("MemFree", &free_bytes), 0);
	assert_true(total > free_bytes && free_bytes > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(what_is_not_there),
		cmocka_unit_test(this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
