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

static const struct {
	const char *text;
	int64_t wall_ns; /* -1: not a time */
} times[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1970-01-01t00:00:00.000000001z", 1 },
	{ "2000-02-29 12:00:00Z", 951825600000000000 },
	{ "2000-03-01T00:00:00Z", 951868800000000000 },
	{ "2023-11-14T22:13:20.123456Z", 1700000000123456000 },
	{ "2023-11-15T00:13:20.123456+02:00", 1700000000123456000 },
	{ "2023-11-14T13:43:20.123456-08:30", 1700000000123456000 },
	{ "2023-11-14T22:13:20.1234567899999Z", 1700000000123456789 },
	{ "2261-12-31T23:59:60Z", 9214646400000000000 },
	{ "2262-01-01T00:00:00Z", -1 },
	{ "", -1 },
	{ "2023-11-14", -1 },
	{ "2023-11-14T22:13:20", -1 },
	{ "2023-11-14T22:13:20.Z ", -1 },
	{ "2023-11-14T22:13:20+0200", -1 },
	{ "2023-11-14T22:13:20+24:00", -1 },
	{ "2023-11-00T22:13:20Z", -1 },
	{ "2023-00-14T22:13:20Z", -1 },
	{ "2023-11-14T24:13:20Z", -1 },
	{ "+023-11-14T22:13:20Z", -1 },
};

static void test_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		int64_t wall_ns = -2;
		int err = record_time__parse(times[i].text, &wall_ns);

		if (times[i].wall_ns < 0) {
			assert_int_equal(err, -EINVAL);
			assert_int_equal(wall_ns, -2);
		} else {
			assert_int_equal(err, 0);
			assert_int_equal(wall_ns, times[i].wall_ns);
		}
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
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
