// SPDX-License-Identifier: GPL-2.0-only
/* Each kind of record as JSON; OOMs are in test_write_oom.c. */
#include "jsonl/writing.h"
#include "record/names.h"

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
		.attached_ns = 9,
		.kills_while_attaching = 2,
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
		"\"wall_offset_ns\":1699999995123456788,\"attached_ns\":9,\"kills_while_attaching\":2,\"target\":{\"kind\":\"container\","
		"\"name\":\"web\",\"id\":\"" ID "\","
		"\"cgroup\":\"/system.slice/docker-" ID ".scope\","
		"\"container\":{\"runtime\":\"docker\",\"id\":\"" ID "\",\"name\":\"web\"}}}");
	assert_true(json_object_equal(written, target));
	json_object_put(target);
	json_object_put(written);
	stop(&o);
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
		.old_max_bytes = RECORD_NO_LIMIT,
		.new_max_bytes = RECORD_NO_LIMIT - 1,
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

static void test_sigkill(void **state)
{
	struct record_sigkill s = {
		.pid = 42,
		.tid = 43,
		.comm = "web",
		.init = true,
		.cgroup = "/a",
		.killer = {
			.way = KILL_WAY_KILL,
			.sender = {
				.pid = 900,
				.tid = 901,
				.ppid = 700,
				.comm = "runc",
				.parent_comm = "shim\x1b",
				.cmdline = "runc\0kill",
				.cmdline_len = 10,
				.cgroup = "/b",
			},
			.stop = { .signal = 15, .before_ns = 10, .ignored = true, .pid = 899, .comm = "runc" },
		},
	};
	struct output o = start();

	(void)state;
	assert_record(&o, TAKE(open_sink(&o), SIGKILL, sigkill, TIME, s),
		      "{\"type\":\"sigkill\"," TIME_JSON ",\"pid\":42,\"tid\":43,\"comm\":\"web\","
		      "\"init\":true,\"cgroup\":\"/a\",\"way\":\"kill\",\"sender\":{\"pid\":900,"
		      "\"tid\":901,\"ppid\":700,\"uid\":0,\"comm\":\"runc\",\"parent_comm\":\"shim\\u001b\","
		      "\"cmdline\":[\"runc\",\"kill\"],\"cgroup\":\"/b\"},\"stop\":{\"signal\":15,"
		      "\"before_ns\":10,\"ignored\":true,\"sender\":{\"pid\":899,\"comm\":\"runc\"}}}");
	s = (struct record_sigkill){ .pid = 42, .tid = 42, .killer.by_kernel = true };
	o = start();
	assert_record(&o, TAKE(open_sink(&o), SIGKILL, sigkill, TIME, s),
		      "{\"type\":\"sigkill\"," TIME_JSON ",\"pid\":42,\"tid\":42,\"by_kernel\":true,"
		      "\"sender\":{\"pid\":0,\"tid\":0,\"ppid\":0,\"uid\":0}}");
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
	e.run = 3;
	e.cgroup = "/a";
	e.which = docker("web");
	e.runtime_status = "exited";
	e.runtime_exit_code = 137;
	e.runtime_oom_killed = true;
	o = start();
	assert_record(&o, TAKE(open_sink(&o), EXIT, exit, TIME, e),
		      "{\"type\":\"exit\"," TIME_JSON ",\"run\":3,\"cgroup\":\"/a\",\"target_gone\":true,"
		      "\"container\":{\"runtime\":\"docker\",\"id\":\"" ID "\",\"name\":\"web\"},"
		      "\"runtime\":{\"status\":\"exited\",\"exit_code\":137,\"oom_killed\":true}}");
}

static void test_refusals(void **state)
{
	static const struct record_refusal refusals[] = { { "pids.max", true, RECORD_NO_LIMIT, 12 },
							  { "hugetlb.2MB.max", false, 0, 1 } };
	struct record_exit e = { .container = true, .has_refusals = true };
	struct output o = start();

	(void)state;
	assert_record(&o, TAKE(open_sink(&o), EXIT, exit, TIME, e),
		      "{\"type\":\"exit\"," TIME_JSON ",\"target_gone\":true,\"refusals\":[]}");
	e.refusals = refusals;
	e.refusal_count = 2;
	o = start();
	assert_record(&o, TAKE(open_sink(&o), EXIT, exit, TIME, e),
		      "{\"type\":\"exit\"," TIME_JSON ",\"target_gone\":true,\"refusals\":["
		      "{\"file\":\"pids.max\",\"max\":\"max\",\"count\":12},"
		      "{\"file\":\"hugetlb.2MB.max\",\"count\":1}]}");
	/* Of a process that had one of the two limits. */
	e = (struct record_exit){ .container = true, .data = { true, 30, 32 } };
	o = start();
	assert_record(&o, TAKE(open_sink(&o), EXIT, exit, TIME, e),
		      "{\"type\":\"exit\"," TIME_JSON
		      ",\"target_gone\":true,\"data\":{\"bytes\":30,\"max_bytes\":32}}");
}

static void test_start(void **state)
{
	struct output o = start();
	const struct record_start s = {
		.run = 2, .cgroup = "/a", .cgroup_id = 7, .pause_ns = 8, .container = docker("web")
	};

	(void)state;
	assert_record(&o, TAKE(open_sink(&o), START, start, TIME, s),
		      "{\"type\":\"start\"," TIME_JSON ",\"run\":2,\"cgroup\":\"/a\",\"cgroup_id\":7,"
		      "\"pause_ns\":8,\"container\":{\"runtime\":\"docker\",\"id\":\"" ID
		      "\",\"name\":\"web\"}}");
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
		cmocka_unit_test(test_every_kind),   cmocka_unit_test(test_session),
		cmocka_unit_test(test_limit),	     cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_sigkill),	     cmocka_unit_test(test_exit),
		cmocka_unit_test(test_find_min),     cmocka_unit_test(test_exit_of_the_target),
		cmocka_unit_test(test_refusals),     cmocka_unit_test(test_start),
		cmocka_unit_test(test_lost_and_end), cmocka_unit_test(test_write_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
