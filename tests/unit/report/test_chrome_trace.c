// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "record/sink.h"
#include "report/chrome_trace.h"
#include "take.h"

#define HOSTILE "\"},{\"ph\":\"B\"\\\033[0m\xff\n"
#define HOSTILE_SHOWN "\"},{\"ph\":\"B\"\\\\\\x1b[0m\\xff\\x0a"
#define AT(ns)                                            \
	{                                                 \
		.boot_ns = (ns), .wall_ns = (int64_t)(ns) \
	}

struct output {
	struct sink *sink;
	FILE *out;
	char *text;
	size_t size;
	struct json_object *trace, *events;
};

static struct sink *open_sink(struct output *o)
{
	*o = (struct output){ 0 };
	o->out = open_memstream(&o->text, &o->size);
	assert_non_null(o->out);
	o->sink = chrome_trace__new(o->out);
	assert_non_null(o->sink);
	return o->sink;
}

static void finish(struct output *o)
{
	assert_int_equal(sink__finish(o->sink), 0);
	o->trace = json_tokener_parse(o->text);
	assert_non_null(o->trace);
	o->events = json_object_object_get(o->trace, "traceEvents");
	assert_true(json_object_is_type(o->events, json_type_array));
}

static void stop(struct output *o)
{
	json_object_put(o->trace);
	o->sink->ops->free(o->sink);
	fclose(o->out);
	free(o->text);
}

static const char *text_of(struct json_object *o, const char *key)
{
	const char *text = json_object_get_string(json_object_object_get(o, key));

	return text ? text : "";
}

/* Event number `n` of a phase and a category (a counter's: its name); NULL: there are fewer. */
static struct json_object *nth(const struct output *o, const char *phase, const char *what, int n)
{
	for (size_t i = 0; i < json_object_array_length(o->events); i++) {
		struct json_object *event = json_object_array_get_idx(o->events, i);

		if (strcmp(text_of(event, "ph"), phase))
			continue;
		if (!strcmp(text_of(event, *phase == 'C' ? "name" : "cat"), what) && !n--)
			return event;
	}
	return NULL;
}

/* Times in the trace are microseconds. */
static uint64_t ns_of(struct json_object *event, const char *key)
{
	return (uint64_t)(json_object_get_double(json_object_object_get(event, key)) * 1000 + 0.5);
}

static int64_t arg_of(struct json_object *event, const char *key)
{
	struct json_object *args = json_object_object_get(event, "args");

	return json_object_get_int64(json_object_object_get(args, key));
}

static void assert_slice(struct json_object *event, uint64_t from_ns, uint64_t to_ns)
{
	assert_non_null(event);
	assert_int_equal(ns_of(event, "ts"), from_ns);
	assert_int_equal(ns_of(event, "dur"), to_ns - from_ns);
}

static const struct record_level level = {
	.path = "/a", .has_memory = true, .usage_bytes = 30, .max_bytes = 40
};

static void send_write(struct sink *sink, uint64_t from_ns, uint64_t to_ns, const char *comm)
{
	const struct record_limit limit = {
		.id = 1,
		.file = LIMIT_MAX,
		.cgroup = "/a",
		.writer_pid = 9,
		.writer_tid = 10,
		.writer_comm = comm,
		.old_max_bytes = RECORD_NO_LIMIT,
		.new_max_bytes = 40,
		.usage_before_bytes = 100,
		.usage_after_bytes = 20,
		.duration_ns = to_ns - from_ns,
		.kills = 1,
		.result = 3,
	};

	assert_int_equal(TAKE(sink, LIMIT, limit, AT(to_ns), limit), 0);
}

static void send_kill(struct sink *sink, uint64_t started_ns, uint64_t duration_ns, const char *comm)
{
	const struct record_victim victim = {
		.ts_ns = started_ns + 7, .pid = 50, .tid = 50, .comm = comm, .has_points = true, .points = 77
	};
	const struct record_point points[] = {
		{ 1001, 10, 40, { .kernel_bytes = 3, .has_kernel = 1 } },
		{ 1002,
		  25,
		  RECORD_NO_LIMIT,
		  { .kernel_bytes = 4, .has_kernel = 1, .sock_bytes = 5, .has_sock = 1 } },
	};
	const struct record_history history = { .points = points, .count = 2, .cgroup = "/a" };
	const struct record_oom oom = {
		.id = 3,
		.cause = CAUSE_INSIDE_WRITE,
		.started_ns = started_ns,
		.duration_ns = duration_ns,
		.outcome = OOM_KILLED,
		.trigger_comm = "sh",
		.trigger_pid = 9,
		.trigger_tid = 10,
		.limit = &level,
		.victims = &victim,
		.victim_count = 1,
		.killed = 1,
		.history = &history,
	};

	assert_int_equal(TAKE(sink, OOM, oom, AT(started_ns + 5), oom), 0);
}

/* A kill inside a write: its run lies in the write's slice, and the counters have every point. */
static void test_events(void **state)
{
	struct output o;
	struct sink *sink = open_sink(&o);
	const struct record_exit e = { .pid = 50, .status = 9, .has_status = true };
	const struct record_exit gone = {
		.container = true, .status = 9, .has_status = true, .cgroup = "/a"
	};
	const struct record_reclaim reclaim = {
		.kind = RECLAIM_LIMIT, .cgroup = "/a", .since_ns = 1500, .sum = { .runs = 2 }
	};
	static const int64_t usage[] = { 10, 25, 30, 100, 20 }, max[] = { 40, 40, 40 };

	(void)state;
	assert_int_equal(TAKE(sink, RECLAIM, reclaim, AT(1900), reclaim), 0);
	send_kill(sink, 2000, 1234, HOSTILE);
	send_write(sink, 1000, 5000, HOSTILE);
	assert_int_equal(TAKE(sink, EXIT, exit, AT(9000), e), 0);
	assert_int_equal(TAKE(sink, EXIT, exit, AT(9100), gone), 0);
	finish(&o);
	assert_slice(nth(&o, "X", "reclaim", 0), 1500, 1900);
	assert_slice(nth(&o, "X", "oom", 0), 2000, 3234);
	assert_slice(nth(&o, "X", "write", 0), 1000, 5000);
	assert_slice(nth(&o, "X", "dying", 0), 2007, 9000);
	assert_int_equal(ns_of(nth(&o, "i", "kill", 0), "ts"), 2005);
	assert_string_equal(text_of(nth(&o, "i", "kill", 0), "name"), HOSTILE_SHOWN);
	assert_int_equal(arg_of(nth(&o, "i", "kill", 0), "points"), 77);
	assert_null(nth(&o, "i", "kill", 1));
	assert_int_equal(arg_of(nth(&o, "i", "end", 0), "exit_code"), 137);
	for (int i = 0; i < 5; i++)
		assert_int_equal(arg_of(nth(&o, "C", "usage", i), "bytes"), usage[i]);
	assert_null(nth(&o, "C", "usage", 5));
	for (int i = 0; i < 3; i++)
		assert_int_equal(arg_of(nth(&o, "C", "memory.max", i), "bytes"), max[i]);
	assert_null(nth(&o, "C", "memory.max", 3));
	for (int i = 0; i < 2; i++)
		assert_int_equal(arg_of(nth(&o, "C", "kernel", i), "bytes"), 3 + i);
	assert_int_equal(arg_of(nth(&o, "C", "sockets", 0), "bytes"), 5);
	assert_null(nth(&o, "C", "sockets", 1));
	stop(&o);
}

/* A recording can say what can't be: slices of one thread that overlap without nesting. */
static void test_slices_nest(void **state)
{
	struct output o;
	struct sink *sink = open_sink(&o);

	(void)state;
	send_kill(sink, 2000, 1000, "a");
	send_write(sink, 1000, 2500, "b");
	send_write(sink, 2500, 4000, "c");
	finish(&o);
	assert_slice(nth(&o, "X", "oom", 0), 2000, 3000);
	assert_slice(nth(&o, "X", "write", 0), 1000, 2000);
	assert_slice(nth(&o, "X", "write", 1), 3000, 4000);
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
	assert_slice(nth(&o, "X", "stall", 0), 1000, 3000);
	assert_slice(nth(&o, "X", "stall", 1), 5000, 9000);
	assert_null(nth(&o, "X", "stall", 2));
	stop(&o);
}

/* More cgroups than there is room for share a track. */
static void test_many_cgroups(void **state)
{
	struct output o;
	struct sink *sink = open_sink(&o);
	char path[32];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		const struct record_usage usage = { .cgroup = path, .max_bytes = 1 };

		snprintf(path, sizeof(path), "/%d", i);
		assert_int_equal(TAKE(sink, USAGE, usage, AT(1000), usage), 0);
	}
	finish(&o);
	assert_non_null(nth(&o, "C", "usage", 2999));
	assert_int_equal(json_object_get_int(json_object_object_get(nth(&o, "C", "usage", 1500), "pid")),
			 json_object_get_int(json_object_object_get(nth(&o, "C", "usage", 2999), "pid")));
	assert_int_not_equal(json_object_get_int(json_object_object_get(nth(&o, "C", "usage", 0), "pid")),
			     json_object_get_int(json_object_object_get(nth(&o, "C", "usage", 1), "pid")));
	stop(&o);
}

static void test_nothing(void **state)
{
	struct output o;

	(void)state;
	open_sink(&o);
	finish(&o);
	assert_int_equal(json_object_array_length(o.events), 0);
	stop(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),	     cmocka_unit_test(test_slices_nest),
		cmocka_unit_test(test_many_cgroups), cmocka_unit_test(test_stalls),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
