// SPDX-License-Identifier: GPL-2.0-only
/* RFC 3339, out and back, and what is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "record/time.h"

#define S 1000000000LL

static void test_out_and_back(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} times[] = {
		{ 0, "1970-01-01T00:00:00.000000Z" },
		{ 951782399999999000, "2000-02-28T23:59:59.999999Z" },
		{ 951782400 * S, "2000-02-29T00:00:00.000000Z" },
		{ 1709251200 * S, "2024-03-01T00:00:00.000000Z" },
		{ 1700000000123456000, "2023-11-14T22:13:20.123456Z" },
		{ 4107542400 * S, "2100-03-01T00:00:00.000000Z" }, /* no leap year */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		char text[64];
		int64_t ns = -1;

		assert_string_equal(record_time__format(text, sizeof(text), times[i].ns), times[i].text);
		assert_int_equal(record_time__parse(text, &ns), 0);
		assert_int_equal(ns, times[i].ns);
	}
}

static void test_other_spellings(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} times[] = {
		{ "1970-01-01 00:00:01Z", S },
		{ "1970-01-01t00:00:01z", S },
		{ "1970-01-01T02:00:00+02:00", 0 },
		{ "1969-12-31T16:30:00-08:00", -1 }, /* not from 1970 on, as it stands */
		{ "1970-01-01T00:00:00.5Z", S / 2 },
		{ "1970-01-01T00:00:00.123456789Z", 123456789 },
		{ "1970-01-01T23:59:60Z", 86400 * S },
		{ "", -1 },
		{ "1970-01-01", -1 },
		{ "1970-01-01T00:00:00", -1 },
		{ "1970-13-01T00:00:00Z", -1 },
		{ "1970-01-01T24:00:00Z", -1 },
		{ "1970-01-01T00:00:00Zx", -1 },
		{ "1970-01-01T00:00:00+24:00", -1 },
		{ "2262-01-01T00:00:00Z", -1 },
		{ "70-01-01T00:00:00Z", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		int64_t ns = -7;
		int err = record_time__parse(times[i].text, &ns);

		assert_int_equal(err, times[i].ns < 0 ? -EINVAL : 0);
		assert_int_equal(ns, times[i].ns < 0 ? -7 : times[i].ns);
	}
}

/* An event's time is not trusted to be one: nothing overflows. */
static void test_at(void **state)
{
	struct record_time time = record_time__at(5, 7);

	(void)state;
	assert_int_equal(time.boot_ns, 5);
	assert_int_equal(time.wall_ns, 12);
	assert_int_equal(record_time__at(UINT64_MAX, 1).wall_ns, 0);
	assert_int_equal(record_time__at(INT64_MAX, INT64_MAX).wall_ns, -2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_and_back),
		cmocka_unit_test(test_other_spellings),
		cmocka_unit_test(test_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
