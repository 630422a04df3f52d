// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/units.h"

#define UNTOUCHED 0xfeedfacecafebeefull

struct parse_case {
	const char *text;
	int err;
	uint64_t value;
};

static void check_parse(int (*parse)(const char *, uint64_t *), const struct parse_case *c)
{
	uint64_t value = UNTOUCHED;
	int err = parse(c->text, &value);

	if (err != c->err || value != (err ? UNTOUCHED : c->value))
		fail_msg("\"%s\": returned %d and %llu, not %d and %llu", c->text ? c->text : "NULL", err,
			 (unsigned long long)value, c->err, (unsigned long long)c->value);
}

static void size_is_parsed(void **state)
{
	static const struct parse_case cases[] = {
		{ "0", 0, 0 },
		{ "1", 0, 1 },
		{ "536870912", 0, 536870912 },
		{ "512b", 0, 512 },
		{ "512B", 0, 512 },
		{ "1k", 0, 1024 },
		{ "1K", 0, 1024 },
		{ "512M", 0, 512ull << 20 },
		{ "512m", 0, 512ull << 20 },
		{ "512MB", 0, 512ull << 20 },
		{ "512mb", 0, 512ull << 20 },
		{ "512MiB", 0, 512ull << 20 },
		{ "512mib", 0, 512ull << 20 },
		{ "2g", 0, 2ull << 30 },
		{ "3T", 0, 3ull << 40 },
		{ "4P", 0, 4ull << 50 },
		{ "15E", 0, 15ull << 60 },
		{ "1.5G", 0, 3ull << 29 },
		{ "0.5k", 0, 512 },
		{ "1.0000000000000000000000001k", 0, 1024 },
		{ "0.3k", 0, 307 },
		{ "007M", 0, 7ull << 20 },
		{ "max", 0, UINT64_MAX },
		{ "18446744073709551614", 0, UINT64_MAX - 1 },
		{ "15.99999999999999999999999E", 0, UINT64_MAX - 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_parse(units__parse_size, &cases[i]);
}

static void what_is_no_size_is_refused(void **state)
{
	static const struct parse_case cases[] = {
		{ "18446744073709551615", -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999999999", -ERANGE, 0 },
		{ "16E", -ERANGE, 0 },
		{ "18014398509481984K", -ERANGE, 0 },
		{ NULL, -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ " ", -EINVAL, 0 },
		{ " 1M", -EINVAL, 0 },
		{ "1 M", -EINVAL, 0 },
		{ "1M ", -EINVAL, 0 },
		{ "1M\n", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "-1M", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ "1X", -EINVAL, 0 },
		{ "1i", -EINVAL, 0 },
		{ "1ib", -EINVAL, 0 },
		{ "1Mi", -EINVAL, 0 },
		{ "1MM", -EINVAL, 0 },
		{ "1Mibx", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "1.5b", -EINVAL, 0 },
		{ ".5G", -EINVAL, 0 },
		{ "1.G", -EINVAL, 0 },
		{ "1.2.3G", -EINVAL, 0 },
		{ "1,5G", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "MAX", -EINVAL, 0 },
		{ "max ", -EINVAL, 0 },
		{ "1\x80", -EINVAL, 0 },
		{ "99999999999999999999999x", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_parse(units__parse_size, &cases[i]);
}

static void duration_is_parsed(void **state)
{
	static const struct parse_case cases[] = {
		{ "1ns", 0, 1 },
		{ "7us", 0, 7000 },
		{ "500ms", 0, 500000000 },
		{ "2s", 0, 2000000000 },
		{ "1.5s", 0, 1500000000 },
		{ "0.000000001s", 0, 1 },
		{ "1m", 0, 60000000000 },
		{ "0.5m", 0, 30000000000 },
		{ "1h", 0, 3600000000000 },
		{ "2562047h", 0, 2562047ull * 3600 * 1000000000 },
		{ "9223372036854775807ns", 0, INT64_MAX },
		{ "9223372036854775808ns", -ERANGE, 0 },
		{ "5124096h", -ERANGE, 0 },
		{ "99999999999999999999s", -ERANGE, 0 },
		{ NULL, -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "1", -EINVAL, 0 },
		{ "0", -EINVAL, 0 },
		{ "0s", -EINVAL, 0 },
		{ "0.0h", -EINVAL, 0 },
		{ "0.0000000001s", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 },
		{ "1S", -EINVAL, 0 },
		{ "1M", -EINVAL, 0 },
		{ "1d", -EINVAL, 0 },
		{ "1m30s", -EINVAL, 0 },
		{ "1.s", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_parse(units__parse_duration, &cases[i]);
}

static void pid_is_parsed(void **state)
{
	static const struct {
		const char *text;
		int err;
		pid_t pid;
	} cases[] = {
		{ "1", 0, 1 },
		{ "4194304", 0, 4194304 },
		{ "0012", 0, 12 },
		{ "4194305", -ERANGE, 0 },
		{ "0", -ERANGE, 0 },
		{ "4294967297", -ERANGE, 0 },
		{ "18446744073709551617", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ NULL, -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "0x1", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t pid = -7;

		assert_int_equal(units__parse_pid(cases[i].text, &pid), cases[i].err);
		assert_int_equal(pid, cases[i].err ? -7 : cases[i].pid);
	}
}

struct format_case {
	uint64_t value;
	const char *text;
};

static void size_is_formatted(void **state)
{
	static const struct format_case cases[] = {
		{ 0, "0 B" },
		{ 1000, "1000 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 512ull << 20, "512.0 MiB" },
		{ (1ull << 20) - 1, "1.0 MiB" },
		{ (1ull << 20) - 52, "1023.9 KiB" },
		{ (1ull << 30) - 1, "1.0 GiB" },
		{ 1ull << 40, "1.0 TiB" },
		{ 1ull << 50, "1.0 PiB" },
		{ 1ull << 60, "1.0 EiB" },
		{ UINT64_MAX - 1, "16.0 EiB" },
		{ UINT64_MAX, "max" },
	};
	char buf[UNITS__TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(units__format_size(buf, sizeof(buf), cases[i].value), cases[i].text);
}

static void duration_is_formatted(void **state)
{
	static const struct format_case cases[] = {
		{ 0, "0 ns" },
		{ 999, "999 ns" },
		{ 1000, "1.0 us" },
		{ 12000, "12.0 us" },
		{ 999949, "999.9 us" },
		{ 999950, "1.0 ms" },
		{ 4123456, "4.1 ms" },
		{ 999999999, "1.0 s" },
		{ 1500000000, "1.5 s" },
		{ 59949999999, "59.9 s" },
		{ 59950000000, "1m 00s" },
		{ 125000000000, "2m 05s" },
		{ 3599500000000, "1h 00m" },
		{ 3600000000000ull * 25, "25h 00m" },
		{ UINT64_MAX, "5124095h 34m" },
	};
	char buf[UNITS__TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(units__format_duration(buf, sizeof(buf), cases[i].value), cases[i].text);
}

static void short_buffers_are_kept(void **state)
{
	char buf[8];

	(void)state;
	for (size_t size = 1; size < sizeof(buf); size++) {
		memset(buf, 'x', sizeof(buf));
		units__format_size(buf, size, 512ull << 20);
		assert_int_equal(strlen(buf), size - 1);
		assert_int_equal(buf[size], 'x');
		memset(buf, 'x', sizeof(buf));
		units__format_duration(buf, size, 4123456789012);
		assert_true(strlen(buf) < size);
		assert_int_equal(buf[size], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(size_is_parsed),	  cmocka_unit_test(what_is_no_size_is_refused),
		cmocka_unit_test(duration_is_parsed),	  cmocka_unit_test(pid_is_parsed),
		cmocka_unit_test(size_is_formatted),	  cmocka_unit_test(duration_is_formatted),
		cmocka_unit_test(short_buffers_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
