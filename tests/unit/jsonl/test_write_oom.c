// SPDX-License-Identifier: GPL-2.0-only
/* OOMs as JSON, and names in them that somebody chose to hurt. */
#include "base/array.h"
#include "jsonl/writing.h"

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
		.cause = CAUSE_LIMIT_LOWERED,
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oom),	      cmocka_unit_test(test_unknown_is_absent),
		cmocka_unit_test(test_whole_machine), cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_cmdlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
