// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>

#include <cmocka.h>

#include "report/html/collecting.h"

#define HOSTILE "<script>alert(1)</script><!--\"'&\033[31m\xe2\x80\xae\xff\n-->"
/* The same as a reader sees it, in markup and in the page's JSON document. */
#define HOSTILE_MARKUP \
	"&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--&quot;&#39;&amp;\\x1b[31m\\u{202e}\\xff\\x0a--&gt;"
#define HOSTILE_SHOWN "<script>alert(1)</script><!--\"'&\\x1b[31m\\u{202e}\\xff\\x0a-->"

static void send_stack(struct sink *sink, const char *name)
{
	const struct record_frame frames[] = { { .function = name, .module = name } };
	const struct record_stack stack = {
		.comm = name, .samples = 1, .bytes = 4096, .user = frames, .user_count = 1
	};
	struct record_stack trigger = stack;

	assert_int_equal(TAKE(sink, STACK, stack, AT(2), stack), 0);
	trigger.oom_id = 1;
	assert_int_equal(TAKE(sink, STACK, stack, AT(2), trigger), 0);
}

/* Names are text wherever they are shown, and nothing else in the page is of the recording's making. */
static void test_hostile_names(void **state)
{
	struct output o;
	struct sink *sink = open_sink(&o);
	const struct record_lost lost = { .kind = HOSTILE, .count = 1 };
	const struct record_stall stall = { .cgroup = HOSTILE, .over = true };
	const struct record_end end = { .reason = HOSTILE };
	struct json_object *data, *kill;
	char *text;

	(void)state;
	send_session(sink, HOSTILE);
	send_kill(sink, 1, HOSTILE);
	send_stack(sink, HOSTILE);
	send_write(sink, 1, 5000, 100, HOSTILE);
	send_exit(sink, 101, 2000000000, HOSTILE, true);
	assert_int_equal(TAKE(sink, LOST, lost, AT(3), lost), 0);
	assert_int_equal(TAKE(sink, STALL, stall, AT(3), stall), 0);
	assert_int_equal(TAKE(sink, END, end, AT(4), end), 0);
	finish(&o);
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_true(mbstowcs(NULL, o.text, 0) != (size_t)-1);
	text = without_assets(o.text);
	assert_int_equal(count(text, "<script"), 3);
	assert_int_equal(count(text, "</script"), 3);
	assert_int_equal(count(text, "<!--"), 0);
	assert_int_equal(count(text, "alert(1)<"), 0);
	assert_int_equal(count(text, "\033"), 0);
	assert_int_equal(count(text, "\xe2\x80\xae"), 0);
	assert_true(count(text, HOSTILE_MARKUP) > 15);
	data = data_of(o.text);
	kill = json_object_array_get_idx(json_object_object_get(data, "kills"), 0);
	assert_string_equal(text_at(kill, 3), HOSTILE_SHOWN);
	json_object_put(data);
	free(text);
	stop(&o);
}

/* Any number of kills: all are marks, the first have cards. */
static void test_many_kills(void **state)
{
	struct output o;
	struct sink *sink = open_sink(&o);
	struct json_object *data;

	(void)state;
	send_session(sink, "/a");
	for (uint64_t id = 1; id <= 6000; id++)
		send_kill(sink, id, "hog");
	finish(&o);
	data = data_of(o.text);
	assert_int_equal(length_of(data, "kills"), 6000);
	assert_int_equal(count(o.text, "<article"), 250);
	assert_int_equal(count(o.text, "5750 more have no card here"), 1);
	assert_int_equal(count(o.text, "and 5000 more, which are in the recording"), 1);
	assert_int_equal(
		count(o.text, "<bdi>hog lost 6000 processes in 6000 OOMs to the OOM killer</bdi></h1>"), 1);
	assert_int_equal(count(o.text,
			       "<p class=\"lead\">The limit of 100.0 MiB of /a, into which the workload "
			       "grew.</p>"),
			 1);
	json_object_put(data);
	stop(&o);
}

/* Of a stall that is told of each second the last is it; one may go on when the recording ends. */
static void test_stalls(void **state)
{
	struct output o;
	struct sink *sink = open_sink(&o);
	struct record_stall stall = { .cgroup = "/a", .since_ns = 1000, .duration_ns = 1000 };

	(void)state;
	assert_int_equal(TAKE(sink, STALL, stall, AT(3000), stall), 0);
	stall.duration_ns = 2000;
	stall.over = true;
	assert_int_equal(TAKE(sink, STALL, stall, AT(3000), stall), 0);
	stall = (struct record_stall){ .cgroup = "/a", .since_ns = 5000, .duration_ns = 4000 };
	assert_int_equal(TAKE(sink, STALL, stall, AT(9000), stall), 0);
	finish(&o);
	assert_int_equal(count(o.text, "<td class=\"n\">1.0 us"), 0);
	assert_int_equal(count(o.text, "<td class=\"n\">2.0 us</td>"), 1);
	assert_int_equal(count(o.text, "<td class=\"n\">4.0 us and on</td>"), 1);
	stop(&o);
}

/* Without a single record there is still a page, which says so. */
static void test_nothing(void **state)
{
	struct output o;

	(void)state;
	open_sink(&o);
	finish(&o);
	assert_int_equal(count(o.text, "Nothing was recorded"), 1);
	json_object_put(data_of(o.text));
	stop(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_many_kills),
		cmocka_unit_test(test_stalls),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
