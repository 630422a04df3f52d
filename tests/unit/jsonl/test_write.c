// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/array.h"
#include "jsonl/write.h"
#include "record/names.h"
#include "take.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TIME                                                          \
	{                                                             \
		.boot_ns = 5000000001, .wall_ns = 1700000000123456789 \
	}
#define TIME_JSON "\"ts_ns\":5000000001,\"time\":\"2023-11-14T22:13:20.123456Z\""
#define REPLACEMENT "\xef\xbf\xbd"

struct output {
	struct sink *sink;
	FILE *out;
	char *text;
	size_t size;
};

static struct output start(void)
{
	struct output o = {};

	return o;
}

/* The stream writes to o->text: the struct must stay where it is. */
static struct sink *open_sink(struct output *o)
{
	o->out = open_memstream(&o->text, &o->size);
	assert_non_null(o->out);
	o->sink = jsonl_write__new(o->out);
	assert_non_null(o->sink);
	return o->sink;
}

static void stop(struct output *o)
{
	o->sink->ops->free(o->sink);
	fclose(o->out);
	free(o->text);
}

/* What was written: exactly one line, without bytes that could end or hide it, strictly JSON. */
static struct json_object *parse_line(const struct output *o)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *parsed;

	assert_true(o->size > 1);
	assert_int_equal(strlen(o->text), o->size);
	assert_ptr_equal(strchr(o->text, '\n'), o->text + o->size - 1);
	for (size_t i = 0; i < o->size - 1; i++)
		assert_true((unsigned char)o->text[i] >= 0x20);
	/* The C library's word on UTF-8, and strictness up to 0.17 only: 0.18 takes U+FFFD for a control. */
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_true(mbstowcs(NULL, o->text, 0) != (size_t)-1);
	if (json_c_version_num() < (18 << 8))
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	parsed = json_tokener_parse_ex(tokener, o->text, (int)o->size - 1);
	assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	json_tokener_free(tokener);
	return parsed;
}

/* The record written is this one: these fields with these values, and no other. */
static void assert_record(struct output *o, int err, const char *expected)
{
	struct json_object *wanted = json_tokener_parse(expected);
	struct json_object *written = parse_line(o);

	assert_int_equal(err, 0);
	assert_non_null(wanted);
	if (!json_object_equal(wanted, written))
		assert_string_equal(o->text, expected);
	json_object_put(wanted);
	json_object_put(written);
	stop(o);
}

static struct record_container docker(const char *name)
{
	struct record_container c = { .ref = { .runtime = CONTAINER__DOCKER }, .name = name };

	strcpy(c.ref.id, ID);
	return c;
}

/* Each kind has a writer, which writes what is unknown as nothing. */
static void test_every_kind(void **state)
{
	(void)state;
	for (int kind = 0; kind < RECORD_KINDS; kind++) {
		const struct record record = { .kind = (enum record_kind)kind, .time = TIME };
		struct output o = start();
		struct json_object *type, *written;

		assert_int_equal(sink__take(open_sink(&o), &record), 0);
		if (kind == RECORD_MIN_TRY || kind == RECORD_MIN) { /* that something begins isn't written */
			fflush(o.out);
			assert_int_equal(o.size, 0);
			stop(&o);
			continue;
		}
		written = parse_line(&o);
		assert_true(json_object_object_get_ex(written, "type", &type));
		assert_string_equal(json_object_get_string(type), record_names__type((enum record_kind)kind));
		json_object_put(written);
		stop(&o);
	}
}

static void test_session(void **state)
{
	struct output o = start();
	const struct record_probe probes[] = {
		{ .purpose = "oom-begin", .attached = "kprobe out_of_memory", .error = -EBUSY },
		{ .purpose = "reclaim", .lost = "how long" },
	};
	struct record_session session = {
		.version = "0.1.0",
		.kernel = "6.1.0",
		.arch = "x86_64",
		.target_kind = "container",
		.target_name = "web",
		.target_cgroup = "/system.slice/docker-" ID ".scope",
		.container = docker("web"),
		.page_size = 4096,
		.probes = probes,
		.probe_count = 2,
	};
	struct json_object *written, *target, *plan;

	(void)state;
	assert_int_equal(TAKE(open_sink(&o), SESSION, session, TIME, session), 0);
	written = parse_line(&o);
	plan = json_tokener_parse(
		"[{\"purpose\":\"oom-begin\",\"attached\":\"kprobe out_of_memory\",\"error\":-16},"
		"{\"purpose\":\"reclaim\",\"attached\":null,\"lost\":\"how long\"}]");
	assert_true(json_object_equal(json_object_object_get(written, "plan"), plan));
	json_object_put(plan);
	json_object_object_del(written, "plan");
	target = json_tokener_parse(
		"{\"type\":\"session\"," TIME_JSON ",\"schema\":1,\"version\":\"0.1.0\","
		"\"kernel\":\"6.1.0\",\"arch\":\"x86_64\",\"page_size\":4096,"
		"\"wall_offset_ns\":1699999995123456788,\"target\":{\"kind\":\"container\","
		"\"name\":\"web\",\"id\":\"" ID "\","
		"\"cgroup\":\"/system.slice/docker-" ID ".scope\","
		"\"container\":{\"runtime\":\"docker\",\"id\":\"" ID "\",\"name\":\"web\"}}}");
	assert_true(json_object_equal(written, target));
	json_object_put(target);
	json_object_put(written);
	stop(&o);
}

static const struct record_victim full_victim = {
	.ts_ns = 5000000002,
	.pid = 42,
	.tid = 43,
	.ppid = 1,
	.ns_pid = 7,
	.uid = 1000,
	.oom_score_adj = -5,
	.role = ROLE_GROUP,
	.repeated = true,
	.init = true,
	.has_points = true,
	.points = -3,
	.has_mm = true,
	.rss_exact = true,
	.total_vm_bytes = 1,
	.anon_rss_bytes = 2,
	.file_rss_bytes = 3,
	.shmem_rss_bytes = 4,
	.pgtables_bytes = 5,
	.swap_bytes = 6,
	.comm = "hog",
	.cmdline = "x\0\0-m\0",
	.cmdline_len = 6,
	.cmdline_cut = true,
	.cmdline_source = "exec",
	.cgroup = "/a",
};

#define FULL_VICTIM_JSON                                                                          \
	"{\"ts_ns\":5000000002,\"pid\":42,\"tid\":43,\"ppid\":1,\"ns_pid\":7,\"comm\":\"hog\","   \
	"\"cmdline\":[\"x\",\"\",\"-m\"],\"cmdline_source\":\"exec\",\"cmdline_cut\":true,"       \
	"\"uid\":1000,\"oom_score_adj\":-5,\"points\":-3,\"total_vm_bytes\":1,"                   \
	"\"anon_rss_bytes\":2,\"file_rss_bytes\":3,\"shmem_rss_bytes\":4,\"pgtables_bytes\":5,"   \
	"\"swap_bytes\":6,\"rss_exact\":true,\"cgroup\":\"/a\",\"init\":true,\"role\":\"group\"," \
	"\"repeated\":true}"

static const struct record_level levels[] = {
	{ .id = 3,
	  .path = "/a",
	  .has_memory = true,
	  .is_limit = true,
	  .oom_group = true,
	  .usage_bytes = 10,
	  .max_bytes = 20,
	  .high_bytes = RECORD_NO_LIMIT,
	  .peak_bytes = 30,
	  .has_swap = true,
	  .swap_usage_bytes = 0,
	  .swap_max_bytes = RECORD_NO_LIMIT },
	{ .id = 1 },
};

#define LIMIT_LEVEL_JSON                                                \
	"\"id\":3,\"path\":\"/a\",\"usage_bytes\":10,\"max_bytes\":20," \
	"\"high_bytes\":\"max\",\"peak_bytes\":30,\"oom_group\":true,"  \
	"\"swap_usage_bytes\":0,\"swap_max_bytes\":\"max\""

static void test_oom(void **state)
{
	struct output o = start();
	const struct record_oom oom = {
		.id = 9,
		.cause = CAUSE_LOWERED,
		.cause_limit_id = 4,
		.cause_since_ns = 8,
		.started_ns = 4999999999,
		.duration_ns = 77,
		.outcome = OOM_KILLED,
		.constraint = "memcg",
		.totalpages_bytes = 4096,
		.waits = 2,
		.repeats = 1,
		.trigger_pid = 50,
		.trigger_tid = 51,
		.trigger_comm = "t",
		.trigger_cgroup = "/a",
		.trigger_container = docker(NULL),
		.gfp_mask = 0xcc0,
		.order = 0,
		.limit = &levels[0],
		.limit_container = docker("web"),
		.chain = levels,
		.chain_count = 2,
		.victims = &full_victim,
		.victim_count = 1,
		.killed = 1,
		.missing = 3,
		.incomplete = true,
	};

	(void)state;
	assert_record(
		&o, TAKE(open_sink(&o), OOM, oom, TIME, oom),
		"{\"type\":\"oom\"," TIME_JSON ",\"id\":9,\"outcome\":\"killed\","
		"\"constraint\":\"memcg\",\"whole_machine\":false,\"started_ns\":4999999999,\"duration_ns\":77,"
		"\"cause\":{\"kind\":\"limit-lowered\",\"limit_id\":4,\"since_ns\":8},"
		"\"totalpages_bytes\":4096,\"waits\":2,\"repeats\":1,"
		"\"trigger\":{\"pid\":50,\"tid\":51,\"comm\":\"t\",\"cgroup\":\"/a\","
		"\"container\":{\"runtime\":\"docker\",\"id\":\"" ID "\"},"
		"\"gfp\":\"GFP_KERNEL\",\"gfp_mask\":3264,\"order\":0},"
		"\"limit_cgroup\":{" LIMIT_LEVEL_JSON ",\"container\":{\"runtime\":\"docker\",\"id\":\"" ID
		"\",\"name\":\"web\"}},"
		"\"victims\":[" FULL_VICTIM_JSON "],\"killed\":1,"
		"\"chain\":[{" LIMIT_LEVEL_JSON ",\"limit\":true},{\"id\":1}],"
		"\"incomplete\":true,\"victims_missing\":3}");
}

/* Nothing but its end came through: what isn't known isn't there, and never 0. */
static void test_unknown_is_absent(void **state)
{
	struct output o = start();
	const struct record_victim victim = { .ts_ns = 2, .pid = 42, .role = ROLE_CHOSEN };
	const struct record_oom oom = {
		.id = 9,
		.victims = &victim,
		.victim_count = 1,
		.killed = 1,
		.incomplete = true,
	};

	(void)state;
	assert_record(&o, TAKE(open_sink(&o), OOM, oom, TIME, oom),
		      "{\"type\":\"oom\"," TIME_JSON ",\"id\":9,\"victims\":[{\"ts_ns\":2,"
		      "\"pid\":42,\"tid\":0,\"ppid\":0,\"ns_pid\":0,\"uid\":0,\"oom_score_adj\":0,"
		      "\"init\":false,\"role\":\"chosen\"}],\"killed\":1,\"chain\":[],"
		      "\"incomplete\":true}");
}

static void test_whole_machine(void **state)
{
	struct output o = start();
	const struct record_oom oom = {
		.id = 9,
		.cause = CAUSE_SYSRQ,
		.outcome = OOM_NO_VICTIM,
		.trigger_comm = "",
		.order = -1,
		.whole_machine = true,
		.sysrq = true,
		.joined_late = true,
	};

	(void)state;
	assert_record(&o, TAKE(open_sink(&o), OOM, oom, TIME, oom),
		      "{\"type\":\"oom\"," TIME_JSON ",\"id\":9,\"outcome\":\"no-victim\","
		      "\"whole_machine\":true,\"sysrq\":true,\"cause\":{\"kind\":\"sysrq\"},"
		      "\"totalpages_bytes\":0,\"waits\":0,\"trigger\":{\"pid\":0,\"tid\":0,"
		      "\"comm\":\"\",\"gfp\":\"0\",\"gfp_mask\":0,\"order\":-1},\"victims\":[],"
		      "\"killed\":0,\"chain\":[],\"joined_late\":true}");
}

static void test_limit(void **state)
{
	struct output o = start();
	const struct record_limit limit = {
		.id = 4,
		.file = LIMIT_SWAP_MAX,
		.cgroup = "/a",
		.container = docker("web"),
		.writer_pid = 60,
		.writer_tid = 61,
		.writer_self = true,
		.writer_comm = "bash",
		.writer_cgroup = "/ssh",
		.old_bytes = RECORD_NO_LIMIT,
		.new_bytes = RECORD_NO_LIMIT - 1,
		.usage_before_bytes = 5,
		.usage_after_bytes = 4,
		.reclaimed_bytes = 3,
		.duration_ns = 2,
		.kills = 1,
		.ooms = 2,
		.result = -22,
	};

	(void)state;
	assert_record(&o, TAKE(open_sink(&o), LIMIT, limit, TIME, limit),
		      "{\"type\":\"limit\"," TIME_JSON ",\"id\":4,\"file\":\"memory.swap.max\","
		      "\"cgroup\":\"/a\",\"container\":{\"runtime\":\"docker\",\"id\":\"" ID "\","
		      "\"name\":\"web\"},\"writer\":{\"pid\":60,\"tid\":61,\"comm\":\"bash\","
		      "\"cgroup\":\"/ssh\",\"self\":true},\"old_max_bytes\":\"max\","
		      "\"new_max_bytes\":18446744073709551614,\"usage_before_bytes\":5,"
		      "\"usage_after_bytes\":4,\"reclaimed_bytes\":3,\"duration_ns\":2,\"kills\":1,"
		      "\"ooms\":2,\"result\":-22}");
}

static void test_repeats(void **state)
{
	struct output o = start();
	const struct record_repeats known = { .limit_cgroup_id = 3, .limit_cgroup = "/a", .repeats = 12 };
	const struct record_repeats unknown = { .limit_cgroup_id = 3, .repeats = 1 };

	(void)state;
	assert_record(&o, TAKE(open_sink(&o), REPEATS, repeats, TIME, known),
		      "{\"type\":\"oom-repeats\"," TIME_JSON ",\"limit_cgroup\":{\"id\":3,"
		      "\"path\":\"/a\"},\"outcome\":\"no-victim\",\"repeats\":12}");
	o = start();
	assert_record(&o, TAKE(open_sink(&o), REPEATS, repeats, TIME, unknown),
		      "{\"type\":\"oom-repeats\"," TIME_JSON ",\"limit_cgroup\":{\"id\":3},"
		      "\"outcome\":\"no-victim\",\"repeats\":1}");
}

static void test_exit(void **state)
{
	struct output o = start();
	struct record_exit e = {
		.pid = 42, .comm = "hog", .status = 9, .has_status = true, .oom_victim = true, .cgroup = "/a"
	};

	(void)state;
	assert_record(&o, TAKE(open_sink(&o), EXIT, exit, TIME, e),
		      "{\"type\":\"exit\"," TIME_JSON ",\"pid\":42,\"comm\":\"hog\",\"cgroup\":\"/a\","
		      "\"exit_code\":137,\"signal\":9,\"oom_victim\":true,\"target_gone\":false}");
	e.status = 3 << 8;
	e.oom_victim = false;
	e.cgroup = NULL;
	o = start();
	assert_record(&o, TAKE(open_sink(&o), EXIT, exit, TIME, e),
		      "{\"type\":\"exit\"," TIME_JSON ",\"pid\":42,\"comm\":\"hog\","
		      "\"exit_code\":3,\"signal\":null,\"oom_victim\":false,"
		      "\"target_gone\":false}");
}

static void test_find_min(void **state)
{
	struct record_min_try tried = { .max_bytes = 4096, .result = TRY_BEGUN };
	struct record_min min = { .cgroup = "/a",
				  .usage_bytes = 10,
				  .floor_bytes = 5,
				  .hold_ns = 7,
				  .found_bytes = 8,
				  .margin_bytes = 1,
				  .kills = 2 };
	struct output o = start();

	(void)state;
	open_sink(&o);
	assert_int_equal(TAKE(o.sink, MIN_TRY, min_try, TIME, tried),
			 0); /* only those that are over are told */
	assert_int_equal(TAKE(o.sink, MIN, min, TIME, min), 0);
	tried.result = TRY_HOLDS;
	assert_record(&o, TAKE(o.sink, MIN_TRY, min_try, TIME, tried),
		      "{\"type\":\"min-try\"," TIME_JSON ",\"max_bytes\":4096,\"holds\":true}");
	tried.result = TRY_TOO_SMALL;
	o = start();
	assert_record(&o, TAKE(open_sink(&o), MIN_TRY, min_try, TIME, tried),
		      "{\"type\":\"min-try\"," TIME_JSON ",\"max_bytes\":4096,\"holds\":false}");
	min.tries = 3;
	o = start();
	assert_record(&o, TAKE(open_sink(&o), MIN, min, TIME, min),
		      "{\"type\":\"min\"," TIME_JSON ",\"cgroup\":\"/a\",\"usage_bytes\":10,"
		      "\"floor_bytes\":5,\"hold_ns\":7,\"tries\":3,\"kills\":2,\"max_bytes\":8,"
		      "\"recommended_bytes\":9}");
	min.found_bytes = 0;
	o = start();
	assert_record(&o, TAKE(open_sink(&o), MIN, min, TIME, min),
		      "{\"type\":\"min\"," TIME_JSON ",\"cgroup\":\"/a\",\"usage_bytes\":10,"
		      "\"floor_bytes\":5,\"hold_ns\":7,\"tries\":3,\"kills\":2}");
}

static void test_exit_of_the_target(void **state)
{
	struct output o = start();
	struct record_exit e = { .container = true };

	(void)state;
	assert_record(&o, TAKE(open_sink(&o), EXIT, exit, TIME, e),
		      "{\"type\":\"exit\"," TIME_JSON ",\"target_gone\":true}");
	e.cgroup = "/a";
	e.which = docker("web");
	e.runtime_status = "exited";
	e.runtime_exit_code = 137;
	e.runtime_oom_killed = true;
	o = start();
	assert_record(&o, TAKE(open_sink(&o), EXIT, exit, TIME, e),
		      "{\"type\":\"exit\"," TIME_JSON ",\"cgroup\":\"/a\",\"target_gone\":true,"
		      "\"container\":{\"runtime\":\"docker\",\"id\":\"" ID "\",\"name\":\"web\"},"
		      "\"runtime\":{\"status\":\"exited\",\"exit_code\":137,\"oom_killed\":true}}");
}

static void test_lost_and_end(void **state)
{
	struct output o = start();
	const struct record_lost lost = { .kind = "victim", .count = UINT64_MAX };
	const struct record_end end = { .reason = "signal", .ooms = 1, .kills = 2, .lost = 0 };

	(void)state;
	assert_record(&o, TAKE(open_sink(&o), LOST, lost, TIME, lost),
		      "{\"type\":\"lost\"," TIME_JSON ",\"kind\":\"victim\","
		      "\"count\":18446744073709551615}");
	o = start();
	assert_record(&o, TAKE(open_sink(&o), END, end, TIME, end),
		      "{\"type\":\"end\"," TIME_JSON ",\"reason\":\"signal\",\"ooms\":1,"
		      "\"kills\":2,\"lost\":0}");
}

/* Names that somebody chose to hurt: parsed back, they are what they were, as far as UTF-8 goes. */
static const struct {
	const char *name, *text;
} hostile[] = {
	{ "\"},\"type\":\"end\"", "\"},\"type\":\"end\"" },
	{ "a\nb\r\tc", "a\nb\r\tc" },
	{ "\033[2J\033]0;x\007", "\033[2J\033]0;x\007" },
	{ "back\\slash/", "back\\slash/" },
	{ "\xff\xfe", REPLACEMENT REPLACEMENT },
	{ "cut\xe2\x82", "cut" REPLACEMENT REPLACEMENT },
	{ "\xc0\xaf", REPLACEMENT REPLACEMENT },
	{ "\xed\xa0\x80", REPLACEMENT REPLACEMENT REPLACEMENT },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
	{ "\x01\x1f\x7f", "\x01\x1f\x7f" },
	{ "", "" },
};

static const char *text_at(struct json_object *o, const char *key)
{
	return json_object_get_string(json_object_object_get(o, key));
}

static void test_hostile_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		struct output o = start();
		struct record_victim victim = full_victim;
		struct record_oom oom = { .outcome = OOM_KILLED, .victims = &victim, .victim_count = 1 };
		struct json_object *written, *v, *trigger;

		oom.trigger_comm = oom.trigger_cgroup = hostile[i].name;
		victim.comm = victim.cgroup = hostile[i].name;
		victim.container = docker(hostile[i].name);
		assert_int_equal(TAKE(open_sink(&o), OOM, oom, TIME, oom), 0);
		written = parse_line(&o);
		assert_string_equal(text_at(written, "type"), "oom");
		trigger = json_object_object_get(written, "trigger");
		assert_string_equal(text_at(trigger, "comm"), hostile[i].text);
		assert_string_equal(text_at(trigger, "cgroup"), hostile[i].text);
		v = json_object_array_get_idx(json_object_object_get(written, "victims"), 0);
		assert_string_equal(text_at(v, "comm"), hostile[i].text);
		assert_string_equal(text_at(v, "cgroup"), hostile[i].text);
		assert_string_equal(text_at(json_object_object_get(v, "container"), "name"), hostile[i].text);
		json_object_put(written);
		stop(&o);
	}
}

static const struct {
	const char *bytes;
	size_t len;
	const char *json;
} cmdlines[] = {
	{ "sh\0-c\0\"\n\033\0", 10, "[\"sh\",\"-c\",\"\\\"\\n\\u001b\"]" },
	{ "cut in the mid", 14, "[\"cut in the mid\"]" },
	{ "\0\0", 2, "[\"\",\"\"]" },
	{ "\0x", 2, "[\"\",\"x\"]" },
	{ "x\xe2\x82", 3, "[\"x" REPLACEMENT REPLACEMENT "\"]" },
	{ "", 0, "[]" },
};

static void test_cmdlines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cmdlines); i++) {
		struct output o = start();
		struct record_victim victim = { .pid = 1, .cmdline_source = "kill" };
		struct record_oom oom = { .victims = &victim, .victim_count = 1 };
		struct json_object *written, *wanted = json_tokener_parse(cmdlines[i].json), *v;
		char *exact = malloc(cmdlines[i].len ? cmdlines[i].len : 1); /* no more: for ASan */

		assert_non_null(exact);
		memcpy(exact, cmdlines[i].bytes, cmdlines[i].len);
		victim.cmdline = exact;
		victim.cmdline_len = cmdlines[i].len;
		assert_int_equal(TAKE(open_sink(&o), OOM, oom, TIME, oom), 0);
		written = parse_line(&o);
		v = json_object_array_get_idx(json_object_object_get(written, "victims"), 0);
		assert_true(json_object_equal(json_object_object_get(v, "cmdline"), wanted));
		json_object_put(wanted);
		json_object_put(written);
		free(exact);
		stop(&o);
	}
}

/* Where the reader has gone, the caller hears of it. */
static void test_write_error(void **state)
{
	const struct record_end end = { .reason = "signal" };
	FILE *full = fopen("/dev/full", "w");
	struct sink *sink;

	(void)state;
	if (!full)
		skip();
	sink = jsonl_write__new(full);
	assert_non_null(sink);
	assert_int_equal(TAKE(sink, END, end, TIME, end), -ENOSPC);
	sink->ops->free(sink);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_oom),
		cmocka_unit_test(test_unknown_is_absent),
		cmocka_unit_test(test_whole_machine),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_exit_of_the_target),
		cmocka_unit_test(test_find_min),
		cmocka_unit_test(test_lost_and_end),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_cmdlines),
		cmocka_unit_test(test_write_error),
	};

	return cmocka_run_group_tests_name("sink_json", tests, NULL, NULL);
}
