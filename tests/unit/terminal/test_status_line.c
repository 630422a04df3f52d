// SPDX-License-Identifier: GPL-2.0-only
/* The live status line at every width, and the curve in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "output/curve.h"
#include "terminal/status_line.h"

#define MIB (1024ULL * 1024)
#define S 1000000000ULL

static const struct record_point points[] = {
	{ 10 * S, 8 * MIB, 64 * MIB, { 0 } },
	{ 14 * S, 32 * MIB, 64 * MIB, { 0 } },
	{ 18 * S, 60 * MIB, 64 * MIB, { 0 } },
};

static struct status_line full(void)
{
	return (struct status_line){
		.name = "web",
		.has_usage = true,
		.usage_bytes = 60 * MIB,
		.max_bytes = 64 * MIB,
		.points = points,
		.count = 3,
		.now_ns = 20 * S,
		.ooms = 3,
		.kills = 3,
		.has_reclaim = true,
		.reclaim_percent = 95,
		.failed = 12345,
		.has_cpu = true,
		.cpu_percent = 101,
		.has_pids = true,
		.pids = 12,
		.running_ns = 65 * S + 1,
	};
}

/* Columns, where each character of this line takes one. */
static size_t columns(const char *line)
{
	size_t count = 0;

	for (; *line; line++)
		count += (*line & 0xc0) != 0x80;
	return count;
}

static void test_wide(void **state)
{
	struct status_line s = full();
	char line[STATUS_LINE__SIZE];
	unsigned int width = status_line__format(line, &s, 169);

	(void)state;
	assert_string_equal(line, "web  60.0 MiB / 64.0 MiB  93%  [################--]  "
				  "▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅████████  3 kills  reclaim 95%  "
				  "12k refused  cpu 101%  12 pids  1:05  ^C ends");
	assert_int_equal(width, columns(line));
	assert_in_range(width, 1, 169);
}

static void test_usual_widths(void **state)
{
	struct status_line s = full();
	char line[STATUS_LINE__SIZE];

	(void)state;
	status_line__format(line, &s, 79);
	assert_string_equal(
		line, "web  60.0 MiB / 64.0 MiB  93%  [#####-]  ▂▂▂▂▂▂▅▅▅▅▅▅████  3 kills  reclaim 95%");
	status_line__format(line, &s, 39);
	assert_string_equal(line, "web  60.0 MiB / 64.0 MiB  93%  3 kills");
	status_line__format(line, &s, 20);
	assert_string_equal(line, "60.0 MiB / 64.0 MiB");
}

/* It fits whatever the width, and says how wide it is. */
static void test_every_width(void **state)
{
	static const char *const names[] = {
		NULL,
		"web",
		"a-container-with-a-rather-long-name-as-compose-makes-them-1",
		"\033[2J\xff",
		"日本語のコンテナ日本語のコンテナ",
		"x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (unsigned int width = 0; width < 500; width++) {
			struct status_line s = full();
			char line[STATUS_LINE__SIZE];
			unsigned int took;

			s.name = names[i];
			s.max_bytes = width % 2 ? RECORD_NO_LIMIT : 64 * MIB;
			s.has_usage = width % 3;
			s.ascii = width % 5;
			took = status_line__format(line, &s, width);
			assert_true(took <= width);
			assert_true(columns(line) <= took);
			assert_null(strpbrk(line, "\033\n\r\xff"));
		}
	}
}

static void test_colour(void **state)
{
	struct status_line s = full();
	char line[STATUS_LINE__SIZE], plain[STATUS_LINE__SIZE];
	unsigned int width;

	(void)state;
	width = status_line__format(plain, &s, 79);
	assert_int_equal(width, columns(plain));
	s.colour = true;
	assert_int_equal(status_line__format(line, &s, 79), width);
	assert_non_null(strstr(line, "\033[1;31m93%\033[0m"));
	assert_non_null(strstr(line, "\033[1;31m3 kills\033[0m"));
	s.usage_bytes = MIB;
	s.kills = 0;
	status_line__format(line, &s, 79);
	assert_null(strchr(line, '\033')); /* nothing to warn of */
}

static void test_unknown_is_absent(void **state)
{
	struct status_line s = { .running_ns = 5 * S };
	char line[STATUS_LINE__SIZE];

	(void)state;
	status_line__format(line, &s, 160);
	assert_string_equal(line, "the whole machine  0 kills  0:05  ^C ends");
	s.name = "web";
	s.has_usage = true;
	s.usage_bytes = 5 * MIB;
	s.max_bytes = RECORD_NO_LIMIT;
	s.kills = 1;
	status_line__format(line, &s, 160);
	assert_string_equal(line, "web  5.0 MiB / max  1 kill  0:05  ^C ends");
}

/* Where there are no figures it says what is watched; a search says how far it is. At 80 columns and with less. */
static void test_what(void **state)
{
	struct status_line s = { .what = "OOM kills and writes of memory.max", .running_ns = 5 * S };
	char line[STATUS_LINE__SIZE];

	(void)state;
	status_line__format(line, &s, 79);
	assert_string_equal(line,
			    "the whole machine  OOM kills and writes of memory.max  0 kills  0:05  ^C ends");
	status_line__format(line, &s, 63);
	assert_string_equal(line, "the whole machine  OOM kills and writes of memory.max  0 kills");
	status_line__format(line, &s, 39);
	assert_string_equal(line, "the whole machine  0 kills");
	s = (struct status_line){ .name = "web",
				  .what = "find-min: try 5 of ~9",
				  .has_usage = true,
				  .usage_bytes = 60 * MIB,
				  .max_bytes = 64 * MIB,
				  .running_ns = 13 * S,
				  .has_left = true,
				  .left_ns = 24 * S };
	status_line__format(line, &s, 79);
	assert_string_equal(
		line, "web  find-min: try 5 of ~9  60.0 MiB / 64.0 MiB  93%  0:13  ~0:24 left  ^C ends");
	status_line__format(line, &s, 70);
	assert_string_equal(line, "web  find-min: try 5 of ~9  60.0 MiB / 64.0 MiB  93%  ~0:24 left");
}

static void test_extremes(void **state)
{
	struct status_line s = full();
	char line[STATUS_LINE__SIZE];

	(void)state;
	s.usage_bytes = s.max_bytes = UINT64_MAX - 1;
	s.kills = s.failed = s.pids = s.running_ns = UINT64_MAX;
	s.cpu_percent = s.reclaim_percent = UINT32_MAX;
	assert_in_range(status_line__format(line, &s, 400), 100, 400);
	s.max_bytes = 0;
	status_line__format(line, &s, 400);
	s.max_bytes = 1;
	status_line__format(line, &s, 400);
	assert_non_null(strstr(line, "999%"));
	assert_non_null(strstr(line, "reclaim 9999%"));
}

static void test_curve(void **state)
{
	char line[CURVE_SIZE(CURVE_WIDTH_MAX)];

	(void)state;
	assert_int_equal(curve__top(points, 3), 64 * MIB);
	/* Blank before the first point; a point lasts until the next. */
	assert_string_equal(curve__draw(line, points, 3, 6 * S, 22 * S, 64 * MIB, 8, true), "  ..==##");
	assert_string_equal(curve__draw(line, points, 3, 6 * S, 22 * S, 64 * MIB, 8, false), "  ▂▂▅▅██");
	/* A spike between two columns' ends is not lost, nor is what was before the first column. */
	assert_string_equal(curve__draw(line, points, 3, 12 * S, 32 * S, 64 * MIB, 2, true), "##");
	assert_string_equal(curve__draw(line, points, 3, 20 * S, 30 * S, 64 * MIB, 3, true), "###");
	assert_string_equal(curve__draw(line, points, 1, 20 * S, 30 * S, 64 * MIB, 3, true), "...");
	assert_string_equal(curve__draw(line, points, 0, 20 * S, 30 * S, 64 * MIB, 3, true), "   ");
	/* No time, no height, no width. */
	assert_string_equal(curve__draw(line, points, 3, 18 * S, 18 * S, 64 * MIB, 2, true), "=#");
	assert_string_equal(curve__draw(line, points, 3, 18 * S, 18 * S, 0, 2, true), "__");
	assert_string_equal(curve__draw(line, points, 3, 0, 20 * S, MIB, 0, true), "");
	assert_int_equal(columns(curve__draw(line, points, 3, 0, 20 * S, MIB, 5000, false)), CURVE_WIDTH_MAX);
}

/* Without a limit, or above it (a lowered one), the highest point is the full height. */
static void test_curve_top(void **state)
{
	const struct record_point unlimited[] = { { 1, 5, RECORD_NO_LIMIT, { 0 } },
						  { 2, 3, RECORD_NO_LIMIT, { 0 } } };
	const struct record_point above[] = { { 1, 5, 4, { 0 } }, { 2, 3, 4, { 0 } } };

	(void)state;
	assert_int_equal(curve__top(unlimited, 2), 5);
	assert_int_equal(curve__top(above, 2), 5);
	assert_int_equal(curve__top(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_usual_widths),
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_unknown_is_absent),
		cmocka_unit_test(test_what),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_curve),
		cmocka_unit_test(test_curve_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
