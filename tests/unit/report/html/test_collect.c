// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "report/html/assets.h"
#include "record/sink.h"
#include "report/html/collect.h"
#include "take.h"

#define HOSTILE "<script>alert(1)</script><!--\"'&\033[31m\xe2\x80\xae\xff\n-->"
/* The same as a reader sees it, in markup and in the page's JSON document. */
#define HOSTILE_MARKUP \
	"&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--&quot;&#39;&amp;\\x1b[31m\\u{202e}\\xff\\x0a--&gt;"
#define HOSTILE_SHOWN "<script>alert(1)</script><!--\"'&\\x1b[31m\\u{202e}\\xff\\x0a-->"
#define WALL 1700000000000000000
#define AT(ns)                                                   \
	{                                                        \
		.boot_ns = (ns), .wall_ns = WALL + (int64_t)(ns) \
	}

struct output {
	struct sink *sink;
	FILE *out;
	char *text;
	size_t size;
};

static struct sink *open_sink(struct output *o)
{
	*o = (struct output){ 0 };
	o->out = open_memstream(&o->text, &o->size);
	assert_non_null(o->out);
	o->sink = html_report__new(o->out);
	assert_non_null(o->sink);
	return o->sink;
}

static void finish(struct output *o)
{
	assert_int_equal(sink__finish(o->sink), 0);
	assert_int_equal(strlen(o->text), o->size);
}

static void stop(struct output *o)
{
	o->sink->ops->free(o->sink);
	fclose(o->out);
	free(o->text);
}

static int count(const char *text, const char *what)
{
	int n = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		n++;
	return n;
}

/* The page without the scripts and the style that were built in: what the records made. */
static char *without_assets(const char *page)
{
	const char *const assets[] = { html_asset_style, html_asset_library, html_asset_script };
	char *text = strdup(page);

	for (size_t i = 0; i < 3; i++) {
		char *found = strstr(text, assets[i]);

		assert_non_null(found);
		memmove(found, found + strlen(assets[i]), strlen(found + strlen(assets[i])) + 1);
	}
	return text;
}

static struct json_object *data_of(const char *page)
{
	static const char mark[] = "<script type=\"application/json\" id=\"data\">";
	const char *from = strstr(page, mark);
	const char *to = from ? strstr(from, "</script>") : NULL;
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *data;

	assert_non_null(to);
	from += strlen(mark);
	data = json_tokener_parse_ex(tokener, from, (int)(to - from));
	assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	json_tokener_free(tokener);
	return data;
}

static size_t length_of(struct json_object *data, const char *key)
{
	return json_object_array_length(json_object_object_get(data, key));
}

static const char *text_at(struct json_object *array, size_t i)
{
	return json_object_get_string(json_object_array_get_idx(array, i));
}

static const struct record_level limit_level = {
	.id = 7,
	.path = "/a",
	.has_memory = true,
	.is_limit = true,
	.usage_bytes = 100 << 20,
	.max_bytes = 100 << 20,
	.high_bytes = RECORD_NO_LIMIT,
};

/* Kill number `id`, at id seconds. */
static void send_kill(struct sink *sink, uint64_t id, const char *comm)
{
	const uint64_t at = id * 1000000000;
	const struct record_victim victim = {
		.ts_ns = at + 1000,
		.pid = (uint32_t)id + 100,
		.tid = (uint32_t)id + 100,
		.comm = comm,
		.cgroup = comm,
		.cmdline = "x\0y",
		.cmdline_len = 3,
		.has_points = true,
		.points = 5,
		.has_mm = true,
		.anon_rss_bytes = 4096,
	};
	const struct record_oom oom = {
		.id = id,
		.cause = CAUSE_REACHED,
		.started_ns = at - 5000,
		.duration_ns = 9000,
		.outcome = OOM_KILLED,
		.trigger_comm = comm,
		.trigger_pid = 1,
		.limit = &limit_level,
		.chain = &limit_level,
		.chain_count = 1,
		.victims = &victim,
		.victim_count = 1,
		.killed = 1,
	};

	assert_int_equal(TAKE(sink, OOM, oom, AT(at), oom), 0);
}

static void send_session(struct sink *sink, const char *name)
{
	const struct record_session session = {
		.version = name,
		.kernel = name,
		.arch = name,
		.target_kind = name,
		.target_name = name,
		.target_cgroup = name,
		.page_size = 4096,
	};

	assert_int_equal(TAKE(sink, SESSION, session, AT(1), session), 0);
}

static void send_write(struct sink *sink, uint64_t id, uint64_t end_ns, uint64_t duration_ns,
		       const char *name)
{
	const struct record_limit limit = {
		.id = id,
		.file = LIMIT_MAX,
		.cgroup = name,
		.writer_pid = 9,
		.writer_comm = name,
		.old_bytes = RECORD_NO_LIMIT,
		.new_bytes = 100 << 20,
		.usage_before_bytes = 300 << 20,
		.usage_after_bytes = 90 << 20,
		.duration_ns = duration_ns,
		.kills = 1,
		.result = 4,
	};

	assert_int_equal(TAKE(sink, LIMIT, limit, AT(end_ns), limit), 0);
}

static void send_exit(struct sink *sink, uint32_t pid, uint64_t at, const char *name, bool container)
{
	const struct record_exit e = {
		.pid = pid,
		.comm = name,
		.cgroup = name,
		.status = 9,
		.has_status = true,
		.container = container,
		.oom_victim = true,
		.runtime_status = name,
	};

	assert_int_equal(TAKE(sink, EXIT, exit, AT(at), e), 0);
}

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
	assert_int_equal(count(o.text, "<article"), 500);
	assert_int_equal(count(o.text, "5500 more have no card here"), 1);
	assert_int_equal(count(o.text, "and 1000 more, which are in the recording"), 1);
	assert_int_equal(
		count(o.text, "<bdi>hog lost 6000 processes in 6000 OOMs to the OOM killer</bdi></h1>"), 1);
	assert_int_equal(count(o.text,
			       "<p class=\"lead\">The limit of 100.0 MiB of /a, into which the workload "
			       "grew.</p>"),
			 1);
	json_object_put(data);
	stop(&o);
}

/* The write ends after the kills inside it, and the victim's exit comes later still. */
static void test_anatomy(void **state)
{
	const uint64_t s = 1000000000;
	struct output o;
	struct sink *sink = open_sink(&o);
	const struct record_victim victim = { .ts_ns = 5 * s, .pid = 42, .tid = 42, .comm = "hog" };
	const struct record_oom oom = {
		.id = 1,
		.cause = CAUSE_WRITE,
		.cause_limit_id = 3,
		.started_ns = 5 * s - 2000000,
		.duration_ns = 3000000,
		.outcome = OOM_KILLED,
		.trigger_comm = "sh",
		.trigger_pid = 9,
		.limit = &limit_level,
		.victims = &victim,
		.victim_count = 1,
		.killed = 1,
	};
	const struct record_reclaim reclaim = {
		.kind = RECLAIM_LIMIT,
		.cgroup = "/a",
		.since_ns = 5 * s - 8000000,
		.sum = { .runs = 4, .duration_ns = 4000000 },
	};

	(void)state;
	send_session(sink, "/a");
	assert_int_equal(TAKE(sink, RECLAIM, reclaim, AT(5 * s - 1000000), reclaim), 0);
	assert_int_equal(TAKE(sink, OOM, oom, AT(5 * s), oom), 0);
	send_write(sink, 3, 5 * s + 10000000, 20000000, "/a");
	send_exit(sink, 42, 5 * s + 30000000, "hog", false);
	finish(&o);
	assert_int_equal(count(o.text, "write 3 by <bdi>/a</bdi>"), 1);
	assert_int_equal(count(o.text, "<td class=\"n\">+0 ns</td><td class=\"n\">20.0 ms</td>"), 1);
	assert_int_equal(count(o.text, "reclaim, 4 runs of 4.0 ms in all"), 1);
	assert_int_equal(count(o.text, "<td class=\"n\">+2.0 ms</td><td class=\"n\">7.0 ms</td>"), 1);
	assert_int_equal(count(o.text, "OOM killer</th>"), 1);
	assert_int_equal(count(o.text, "<td class=\"n\">+8.0 ms</td><td class=\"n\">3.0 ms</td>"), 1);
	assert_int_equal(count(o.text, "marked until exit: <bdi>hog</bdi>"), 1);
	assert_int_equal(count(o.text, "<td class=\"n\">+10.0 ms</td><td class=\"n\">30.0 ms</td>"), 1);
	stop(&o);
}

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

/* What happened in one session comes before that nothing did in another. */
static void test_sessions(void **state)
{
	struct output o;
	struct sink *sink = open_sink(&o);

	(void)state;
	send_session(sink, "/a");
	finish(&o);
	assert_int_equal(
		count(o.text,
		      "<h1 id=\"verdict\"><bdi>Nothing was OOM-killed until the recording breaks off</bdi></h1>"),
		1);
	stop(&o);
	sink = open_sink(&o);
	send_session(sink, "/a");
	send_session(sink, "/a");
	send_kill(sink, 1, "hog");
	send_session(sink, "/a");
	send_kill(sink, 1, "pig");
	finish(&o);
	assert_int_equal(count(o.text, "<bdi>hog lost 1 process to the OOM killer</bdi></h1>"), 1);
	assert_int_equal(
		count(o.text, "<li>pig lost 1 process to the OOM killer: the limit of 100.0 MiB of /a"), 1);
	assert_int_equal(count(o.text, "othing was OOM-killed"), 0);
	stop(&o);
	sink = open_sink(&o); /* of the whole machine */
	send_session(sink, NULL);
	send_kill(sink, 1, "hog");
	send_kill(sink, 2, "pig");
	finish(&o);
	assert_int_equal(count(o.text, ">2 processes were OOM-killed, in 2 containers or cgroups</h1>"), 1);
	assert_int_equal(
		count(o.text,
		      "<li><bdi>hog lost 1 process to the OOM killer</bdi>: the limit of 100.0 MiB of /a"),
		1);
	assert_int_equal(
		count(o.text, "<li>pig lost 1 process to the OOM killer: the limit of 100.0 MiB of /a"), 1);
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
		cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_policy),
		cmocka_unit_test(test_many_kills),    cmocka_unit_test(test_anatomy),
		cmocka_unit_test(test_curve),	      cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_sessions),      cmocka_unit_test(test_stalls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
