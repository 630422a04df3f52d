// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/html/collecting.h"

/* The chart's points: usage records, and what the flight recorder had. A peak is never lost. */
static void test_curve(void **state)
{
	struct output o;
	struct sink *sink = open_sink(&o);
	struct json_object *data, *curve, *points;
	int64_t highest = 0;

	(void)state;
	send_session(sink, "/a");
	for (uint64_t i = 0; i < 100000; i++) {
		struct record_usage usage = { .cgroup = "/a",
					      .usage_bytes = i == 77777 ? 999 : i % 7,
					      .max_bytes = RECORD_NO_LIMIT };

		assert_int_equal(TAKE(sink, USAGE, usage, AT(i * 1000000), usage), 0);
	}
	finish(&o);
	data = data_of(o.text);
	assert_int_equal(length_of(data, "curves"), 1);
	curve = json_object_array_get_idx(json_object_object_get(data, "curves"), 0);
	points = json_object_object_get(curve, "points");
	assert_in_range(json_object_array_length(points), 2000, 8192);
	for (size_t i = 0; i < json_object_array_length(points); i++) {
		struct json_object *point = json_object_array_get_idx(points, i);
		int64_t usage = json_object_get_int64(json_object_array_get_idx(point, 1));

		assert_string_equal(text_at(point, 2), "max");
		highest = usage > highest ? usage : highest;
	}
	assert_int_equal(highest, 999);
	assert_true(count(o.text, "<td class=\"n\">999 B</td>") == 1);
	json_object_put(data);
	stop(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_curve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
