// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/html/collecting.h"

/* " onclick=" and the like. */
static bool has_handler(const char *text)
{
	while ((text = strstr(text, " on"))) {
		text += 3;
		if (text[strspn(text, "abcdefghijklmnopqrstuvwxyz")] == '=')
			return true;
	}
	return false;
}

/* Everything is in the page, allowed by hash, and nothing is styled or run inline. */
static void test_policy(void **state)
{
	struct output o;
	struct sink *sink = open_sink(&o);
	char policy[512];
	char *text;

	(void)state;
	send_session(sink, "/a");
	send_kill(sink, 1, "hog");
	finish(&o);
	snprintf(policy, sizeof(policy),
		 "content=\"default-src 'none'; script-src '%s' '%s'; style-src '%s'; base-uri 'none'; "
		 "form-action 'none'\">",
		 html_asset_library_hash, html_asset_script_hash, html_asset_style_hash);
	assert_int_equal(count(o.text, policy), 1);
	text = without_assets(o.text);
	assert_int_equal(count(text, " style="), 0);
	assert_false(has_handler(text));
	assert_int_equal(count(text, " src="), 0);
	assert_int_equal(count(text, "<link"), 0);
	assert_int_equal(count(text, "<style>"), 1);
	assert_int_equal(count(text, "The recording breaks off"), 1);
	free(text);
	stop(&o);
}

/* What a recording has of one moment is no picture; two moments are. Without one there is no heading for it, either. */
static void test_chart(void **state)
{
	for (uint64_t kills = 1; kills <= 2; kills++) {
		struct output o;
		struct sink *sink = open_sink(&o);

		send_session(sink, "/a");
		for (uint64_t id = 1; id <= kills; id++)
			send_kill(sink, id, "hog");
		finish(&o);
		assert_int_equal(count(o.text, "<div id=\"chart\""), kills == 2);
		assert_int_equal(count(o.text, "<a href=\"#usage\">"), kills == 2);
		stop(&o);
	}
	(void)state;
}

/* The stack of a kill: what is left of a program that is gone says so, below the kernel's part and not before it. */
static void test_stack(void **state)
{
	static const struct record_frame kernel[] = { { .function = "do_anonymous_page",
							.module = "kernel" } };
	static const struct record_frame lost[] = { { .address = 0x401da1 }, { .address = 0x989680 } };
	static const struct record_frame half[] = {
		{ .function = "grow", .module = "/bin/hog", .address = 16 }, { .address = 0x989680 }
	};

	for (int known = 0; known <= 1; known++) {
		struct output o;
		struct sink *sink = open_sink(&o);
		const struct record_stack stack = {
			.comm = "hog",
			.pid = 101,
			.oom_id = 1,
			.user = known ? half : lost,
			.user_count = 2,
			.kernel = kernel,
			.kernel_count = 1,
		};

		send_session(sink, "/a");
		send_kill(sink, 1, "hog");
		assert_int_equal(TAKE(sink, STACK, stack, AT(1000000500), stack), 0);
		finish(&o);
		assert_int_equal(count(o.text, "[unknown]"), 0);
		assert_int_equal(count(o.text, "do_anonymous_page"), 1);
		assert_int_equal(count(o.text, "<li class=\"u\"><bdi>grow</bdi> "), known);
		assert_int_equal(count(o.text, "<li class=\"u\">0x989680 <span class=\"note\">in no file"),
				 known);
		assert_int_equal(
			count(o.text,
			      "</li></ol><p class=\"note\">The program's own functions are not known, "
			      "only their addresses: 0x401da1, 0x989680. oomtrace could not"),
			!known);
		stop(&o);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_chart),
		cmocka_unit_test(test_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
