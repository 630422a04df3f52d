// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "jsonl/read.h"
#include "jsonl/write.h"
#include "output/text.h"
#include "record/time.h"
#include "take.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SCOPE "/system.slice/docker-" ID ".scope"
/* 2023-11-14T22:13:20.123456Z: a recording has microseconds. */
#define TIME                                                          \
	{                                                             \
		.boot_ns = 5000000001, .wall_ns = 1700000000123456000 \
	}

/* Every string of a record that somebody else chose; the end of the table is NULL. */
static const char *const names[] = {
	"web",
	"",
	"\"},\"type\":\"end\"",
	"a\nb\r\tc",
	"\033[2J\033]0;x\007",
	"back\\slash/",
	"\xff\xfe",
	"cut\xe2\x82",
	"\xc0\xaf",
	"\xed\xa0\x80",
	"gr\xc3\xbc\xc3\x9f",
	"\x01\x1f\x7f\xc2\x9b",
	("\xe2\x80\xae"
	 "right"),
	NULL,
};

struct output {
	FILE *out;
	char *text;
	size_t size;
};

static struct sink *open_sink(struct output *o, bool json)
{
	struct sink *sink;

	o->out = open_memstream(&o->text, &o->size);
	assert_non_null(o->out);
	sink = json ? jsonl_write__new(o->out) : text__new(o->out, (struct text_look){ 0 });
	assert_non_null(sink);
	return sink;
}

static void close_sink(struct output *o, struct sink *sink)
{
	sink->ops->free(sink);
	fclose(o->out);
}

static int file_of(const char *bytes, size_t size)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, bytes + done, size - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Reads the bytes as one recording into such a sink. o->text is the caller's. */
static struct jsonl_reader_stats read_bytes(struct output *o, bool json, const char *bytes, size_t size)
{
	struct sink *sink = open_sink(o, json);
	struct jsonl_reader *r = jsonl_reader__new(sink);
	struct jsonl_reader_stats stats;
	int fd = file_of(bytes, size);

	assert_non_null(r);
	assert_int_equal(jsonl_reader__read(r, fd), 0);
	assert_int_equal(jsonl_reader__sink_error(r), 0);
	stats = *jsonl_reader__stats(r);
	jsonl_reader__free(r);
	close_sink(o, sink);
	close(fd);
	return stats;
}

static struct jsonl_reader_stats read_text(struct output *o, const char *text)
{
	return read_bytes(o, true, text, strlen(text));
}

/* A variant of the records below: which name they have, and whether what may be absent is there. */
struct variant {
	const char *name;
	bool full;
};

static struct record_container docker(const struct variant *v)
{
	struct record_container c = {};

	if (!v->full)
		return c;
	assert_int_equal(container__from_cgroup_path(SCOPE "/init", &c.ref), 0);
	c.name = v->name;
	return c;
}

static void write_session(struct sink *sink, const struct variant *v)
{
	const struct record_time at = { .boot_ns = 5000000001, .wall_ns = 1700000000123456789 };
	const struct record_probe probes[] = {
		{ .purpose = v->name, .attached = v->name, .error = -EBUSY },
		{ .purpose = "reclaim", .lost = v->name, .error = -ENOENT },
		{ .purpose = "stacks" },
	};
	struct record_session s = {
		.version = "0.1.0",
		.kernel = "6.1.0",
		.arch = "x86_64",
		.target_kind = v->full ? "container" : "machine",
		.page_size = 4096,
	};

	if (v->full) {
		s.target_name = v->name;
		s.target_cgroup = SCOPE;
		s.container = docker(v);
		s.has_memory = true;
		s.machine_total_bytes = 1;
		s.machine_available_bytes = 2;
		s.usage_bytes = 3;
		s.max_bytes = RECORD_NO_LIMIT;
		s.max_cgroup = v->name;
		s.part = 2;
		s.probes = probes;
		s.probe_count = 3;
	}
	assert_int_equal(TAKE(sink, SESSION, session, at, s), 0);
}

static struct record_level level(const struct variant *v)
{
	struct record_level l = { .id = 3, .path = v->name };

	if (!v->full)
		return (struct record_level){ .id = 1 };
	l.has_memory = l.has_swap = l.is_limit = l.oom_group = true;
	l.usage_bytes = 10;
	l.max_bytes = 20;
	l.high_bytes = RECORD_NO_LIMIT;
	l.peak_bytes = 30;
	l.swap_max_bytes = RECORD_NO_LIMIT - 1;
	return l;
}

static struct record_victim victim(const struct variant *v, enum record_role role)
{
	struct record_victim r = { .ts_ns = 5,
				   .pid = 42,
				   .tid = 43,
				   .ppid = 1,
				   .ns_pid = 7,
				   .uid = UINT32_MAX,
				   .oom_score_adj = -1000,
				   .role = role };

	if (!v->full)
		return r;
	r.repeated = r.init = r.has_points = r.has_mm = r.rss_exact = r.cmdline_cut = true;
	r.points = -3;
	r.total_vm_bytes = 1;
	r.anon_rss_bytes = 2;
	r.file_rss_bytes = 3;
	r.shmem_rss_bytes = 4;
	r.pgtables_bytes = 5;
	r.swap_bytes = 6;
	r.comm = v->name;
	r.cmdline = "x\0\0-m \0  ";
	r.cmdline_len = 9;
	r.cmdline_source = "kill";
	r.cgroup = SCOPE "/init";
	r.container = docker(v);
	return r;
}

static void write_oom(struct sink *sink, const struct variant *v)
{
	const struct record_point points[] = {
		{ 1, 2, 3, { .kernel_bytes = 7, .has_kernel = 1, .kernel_is_least = v->full } },
		{ 4,
		  5,
		  RECORD_NO_LIMIT,
		  { .sock_bytes = RECORD_MEMORY_KIND_MAX, .has_sock = 1, .exact = 1 } },
		{ 5, 6, RECORD_NO_LIMIT, { 0 } },
	};
	const struct record_history history = {
		.points = points,
		.count = 3,
		.has_growth = true,
		.growth_bytes_per_s = -7,
		.reclaim = { 1, 2, 3, 4 },
		.throttle = { 5, 6, 7, 8 },
		.refused = 9,
		.cgroup_id = 10,
		.cgroup = v->name,
	};
	struct record_memory memory = { .exact = v->full, .known = 0x2a5 };
	struct record_level levels[2] = { level(v), { .id = 1, .path = "/" } };
	struct record_victim victims[4];
	struct record_oom oom = {
		.id = 9,
		.duration_ns = 77,
		.outcome = OOM_KILLED,
		.constraint = "memcg",
		.totalpages_bytes = 4096,
		.waits = 2,
		.trigger_pid = 50,
		.trigger_tid = 51,
		.trigger_comm = v->name,
		.gfp_mask = 0xcc0,
		.limit = &levels[0],
		.victims = victims,
		.victim_count = 4,
		.killed = 3,
	};

	for (int i = 0; i < 4; i++)
		victims[i] = victim(v, (enum record_role)i);
	for (int i = 0; i < MEMORY_ITEMS; i++)
		memory.bytes[i] = (uint64_t)i + 1;
	for (int cause = CAUSE_UNKNOWN; cause <= CAUSE_SYSRQ; cause++) {
		oom.cause = (enum record_cause)cause;
		oom.sysrq = cause == CAUSE_SYSRQ;
		oom.whole_machine = cause == CAUSE_MACHINE;
		oom.order = oom.sysrq ? -1 : 0;
		if (v->full) {
			oom.cause_limit_id = 4;
			oom.cause_since_ns = oom.started_ns = 8;
			oom.repeats = 1;
			oom.trigger_cgroup = SCOPE;
			oom.trigger_container = oom.limit_container = docker(v);
			oom.chain = levels;
			oom.chain_count = 2;
			oom.missing = 3;
			oom.incomplete = oom.joined_late = true;
			oom.memory = &memory;
			oom.history = &history;
		}
		assert_int_equal(TAKE(sink, OOM, oom, TIME, oom), 0);
	}
}

/* Some of its events were lost, or nothing was killed. */
static void write_partial_ooms(struct sink *sink, const struct variant *v)
{
	struct record_victim exiting = victim(v, ROLE_EXITING);
	struct record_oom lost = { .id = 9, .incomplete = true, .duration_ns = 3 };
	struct record_oom none = { .id = 9, .outcome = OOM_NO_VICTIM };
	struct record_oom gone = { .id = 9,
				   .outcome = OOM_EXITING,
				   .trigger_comm = v->name,
				   .victims = &exiting,
				   .victim_count = 1 };

	assert_int_equal(TAKE(sink, OOM, oom, TIME, lost), 0);
	assert_int_equal(TAKE(sink, OOM, oom, TIME, none), 0);
	assert_int_equal(TAKE(sink, OOM, oom, TIME, gone), 0);
}

static void write_limits(struct sink *sink, const struct variant *v)
{
	struct record_limit l = {
		.id = 4,
		.cgroup = v->full ? SCOPE : NULL,
		.container = docker(v),
		.writer_pid = 60,
		.writer_tid = 61,
		.writer_self = v->full,
		.writer_comm = v->full ? v->name : NULL,
		.writer_cgroup = v->full ? v->name : NULL,
		.old_bytes = RECORD_NO_LIMIT,
		.new_bytes = RECORD_NO_LIMIT - 1,
		.usage_before_bytes = 5,
		.usage_after_bytes = 4,
		.reclaimed_bytes = 3,
		.duration_ns = 2,
		.kills = 1,
		.ooms = 2,
		.result = v->full ? -22 : 4,
	};

	for (int file = LIMIT_MAX; file <= LIMIT_SWAP_MAX; file++) {
		l.file = (enum limit_file)file;
		assert_int_equal(TAKE(sink, LIMIT, limit, TIME, l), 0);
	}
}

static void write_steps(struct sink *sink, const struct variant *v)
{
	const struct record_step step = {
		.limit_id = 1,
		.old_bytes = RECORD_NO_LIMIT,
		.new_bytes = 3,
		.usage_before_bytes = 4,
		.usage_after_bytes = 5,
		.reclaimed_bytes = 6,
		.duration_ns = 7,
		.killed_inside = 8,
		.killed_after = 9,
		.has_first_kill = v->full,
		.first_kill_ns = 10,
		.has_needed = v->full,
		.needed = 1,
		.has_floor = v->full,
		.floor_bytes = 12,
		.alive = v->full,
	};
	const struct record_steps steps = {
		.steps = &step,
		.count = v->full ? 1 : 0,
		.has_first_kill = v->full,
		.first_kill_max_bytes = 1,
		.died = v->full,
		.died_max_bytes = RECORD_NO_LIMIT,
		.restored = v->full ? v->name : NULL,
		.old_bytes = 2,
	};

	assert_int_equal(TAKE(sink, STEP, step, TIME, step), 0);
	assert_int_equal(TAKE(sink, STEPS, steps, TIME, steps), 0);
}

static void write_charges(struct sink *sink, const struct variant *v)
{
	const struct record_level levels[2] = { level(v), { .id = 1, .path = "/" } };
	struct record_usage u = {
		.cgroup_id = 3,
		.cgroup = v->full ? v->name : NULL,
		.container = docker(v),
		.usage_bytes = 1,
		.max_bytes = 2,
		.high_bytes = RECORD_NO_LIMIT,
		.kinds = { .kernel_bytes = 0, .has_kernel = 1, .exact = v->full },
	};
	struct record_reclaim r = {
		.kind = v->full ? RECLAIM_THROTTLE : RECLAIM_LIMIT,
		.cgroup_id = 3,
		.cgroup = v->name,
		.container = docker(v),
		.since_ns = 1,
		.sum = { 1, 2, 3, 4 },
	};
	struct record_stall s = {
		.cgroup_id = 3,
		.cgroup = v->name,
		.container = docker(v),
		.since_ns = 1,
		.over = v->full,
		.duration_ns = 2,
		.reclaim_ns = 3,
		.usage_bytes = 4,
		.max_bytes = RECORD_NO_LIMIT,
		.file = v->full ? LIMIT_HIGH : LIMIT_MAX,
		.refused = 5,
	};

	if (v->full) {
		u.kinds.kernel_is_least = 1;
		u.kinds.sock_bytes = 9;
		u.kinds.has_sock = 1;
		u.refused = 4;
		u.asked_bytes = 5;
		u.refused_by = u.comm = v->name;
		u.pid = 6;
		u.chain = levels;
		u.chain_count = 2;
	}
	assert_int_equal(TAKE(sink, USAGE, usage, TIME, u), 0);
	assert_int_equal(TAKE(sink, RECLAIM, reclaim, TIME, r), 0);
	assert_int_equal(TAKE(sink, STALL, stall, TIME, s), 0);
}

static void write_stacks(struct sink *sink, const struct variant *v)
{
	const struct record_frame frames[] = {
		{ .function = v->name, .offset = 1, .module = v->name, .address = 2 },
		{ .module = v->name, .address = UINT64_MAX },
		{},
	};
	struct record_stack s = { .pid = 1, .comm = v->name, .samples = 2, .bytes = 3 };

	if (v->full) {
		s.user = s.kernel = frames;
		s.user_count = 3;
		s.kernel_count = 2;
	}
	assert_int_equal(TAKE(sink, STACK, stack, TIME, s), 0);
	s.oom_id = 7;
	s.samples = s.bytes = 0;
	assert_int_equal(TAKE(sink, STACK, stack, TIME, s), 0);
}

static void write_ends(struct sink *sink, const struct variant *v)
{
	const struct record_repeats repeats = { .limit_cgroup_id = 3,
						.limit_cgroup = v->full ? v->name : NULL,
						.repeats = 12 };
	const struct record_lost lost = { .kind = v->name, .count = UINT64_MAX };
	const struct record_end end = { .reason = v->name, .ooms = 1, .kills = 2, .lost = 3, .nameless = 4 };
	struct record_exit e = {};

	assert_int_equal(TAKE(sink, REPEATS, repeats, TIME, repeats), 0);
	assert_int_equal(TAKE(sink, EXIT, exit, TIME, e), 0);
	e.pid = 42;
	e.comm = e.cgroup = v->name;
	e.has_status = e.oom_victim = true;
	e.status = v->full ? 9 : 3 << 8;
	e.container = true;
	e.which = docker(v);
	e.runtime_status = v->full ? v->name : NULL;
	e.runtime_exit_code = 137;
	e.runtime_oom_killed = v->full;
	assert_int_equal(TAKE(sink, EXIT, exit, TIME, e), 0);
	assert_int_equal(TAKE(sink, LOST, lost, TIME, lost), 0);
	assert_int_equal(TAKE(sink, END, end, TIME, end), 0);
}

static void write_min(struct sink *sink, const struct variant *v)
{
	struct record_min_try tried = { .max_bytes = 1, .result = TRY_HOLDS };
	struct record_min min = {
		.cgroup = v->name, .usage_bytes = 1, .floor_bytes = 2, .hold_ns = 3, .tries = 4, .kills = 5
	};

	assert_int_equal(TAKE(sink, MIN_TRY, min_try, TIME, tried), 0);
	tried.result = TRY_TOO_SMALL;
	assert_int_equal(TAKE(sink, MIN_TRY, min_try, TIME, tried), 0);
	if (v->full) {
		min.found_bytes = 6;
		min.margin_bytes = 7;
	}
	assert_int_equal(TAKE(sink, MIN, min, TIME, min), 0);
}

static void write_all(struct sink *sink, const struct variant *v)
{
	write_session(sink, v);
	write_oom(sink, v);
	write_partial_ooms(sink, v);
	write_limits(sink, v);
	write_steps(sink, v);
	write_charges(sink, v);
	write_stacks(sink, v);
	write_ends(sink, v);
	write_min(sink, v);
}

/* What was recorded is read as what it was: it is recorded again to the byte, and prints the same. */
static void test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; names[i]; i++) {
		for (int full = 0; full < 2; full++) {
			const struct variant v = { names[i], full };
			struct output json, text, json_again, text_again;
			struct sink *sink = open_sink(&json, true);
			struct jsonl_reader_stats stats;

			write_all(sink, &v);
			close_sink(&json, sink);
			sink = open_sink(&text, false);
			write_all(sink, &v);
			close_sink(&text, sink);

			stats = read_bytes(&json_again, true, json.text, json.size);
			assert_string_equal(json.text, json_again.text);
			assert_int_equal(stats.malformed, 0);
			assert_int_equal(stats.records, 29);
			assert_false(stats.cut);
			read_bytes(&text_again, false, json.text, json.size);
			assert_string_equal(text.text, text_again.text);
			free(json.text);
			free(text.text);
			free(json_again.text);
			free(text_again.text);
		}
	}
}

#define LOST \
	"{\"type\":\"lost\",\"ts_ns\":1,\"time\":\"2023-11-14T22:13:20.000000Z\",\"kind\":\"oom\",\"count\":3}"
#define AS_LOST(ts, time, kind, count) \
	"{\"type\":\"lost\",\"ts_ns\":" ts ",\"time\":" time ",\"kind\":" kind ",\"count\":" count "}"

#define AS_POINT(kinds)                                                                                                 \
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"victims\":[],\"chain\":[],\"history\":{\"cgroup_id\":1," \
	"\"points\":[[1,2,3," kinds "]],\"failed\":0}}"

/* A line that is no record is passed over, and nothing else is. */
static const char *const bad_lines[] = {
	"{",
	"}",
	"null",
	"1",
	"\"lost\"",
	"[]",
	"{}",
	"lost",
	"[" LOST "]",
	LOST "x",
	LOST LOST,
	"{\"type\":1}",
	"{\"type\":null}",
	"{\"type\":\"lost\"}",
	AS_LOST("-1", "null", "\"oom\"", "1"),
	AS_LOST("1.5", "null", "\"oom\"", "1"),
	AS_LOST("\"1\"", "null", "\"oom\"", "1"),
	AS_LOST("9223372036854775808", "null", "\"oom\"", "1"),
	AS_LOST("1", "1", "\"oom\"", "1"),
	AS_LOST("1", "\"yesterday\"", "\"oom\"", "1"),
	AS_LOST("1", "\"1969-12-31T23:59:59Z\"", "\"oom\"", "1"),
	AS_LOST("1", "\"2023-13-01T00:00:00Z\"", "\"oom\"", "1"),
	AS_LOST("1", "\"2023-11-14T22:13:20\"", "\"oom\"", "1"),
	AS_LOST("1", "null", "1", "1"),
	AS_LOST("1", "null", "null", "1"),
	AS_LOST("1", "null", "\"oom\"", "null"),
	AS_LOST("1", "null", "\"oom\"", "\"max\""),
	AS_LOST("1", "null", "\"oom\"", "-3"),
	AS_LOST("1", "null", "\"oom\"", "[1]"),
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"victims\":[1]}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"victims\":[{}]}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"victims\":{}}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"outcome\":\"saved\"}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"cause\":{}}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"trigger\":{\"pid\":4294967296}}",
	"{\"type\":\"oom\",\"ts_ns\":1,\"id\":1,\"killed\":0,\"history\":{\"points\":[[1,2]],\"failed\":0}}",
	AS_POINT("\"1\",null,true"),
	AS_POINT("1,[],true"),
	AS_POINT("-1,null,true"),
	AS_POINT("1,2,1"),
	"{\"type\":\"exit\",\"ts_ns\":1,\"exit_code\":256}",
	"{\"type\":\"exit\",\"ts_ns\":1,\"exit_code\":137,\"signal\":8}",
	"{\"type\":\"session\",\"ts_ns\":1,\"schema\":1}",
	"\xff\xfe\xfd",
	"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
};

static void test_bad_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_lines); i++) {
		char bytes[2048];
		struct output o;
		struct jsonl_reader_stats stats;

		snprintf(bytes, sizeof(bytes), LOST "\n%s\n" LOST "\n", bad_lines[i]);
		stats = read_text(&o, bytes);
		if (strcmp(o.text, LOST "\n" LOST "\n") || stats.malformed != 1)
			fail_msg("line \"%s\" is taken for a record: %s", bad_lines[i], o.text);
		assert_int_equal(stats.first_malformed, 2);
		assert_int_equal(stats.records, 2);
		assert_false(stats.cut);
		free(o.text);
	}
}

/* A NUL in a line is no end of it. */
static void test_nul_bytes(void **state)
{
	static const char bytes[] = LOST "\n" LOST "\0\n\0\0\n" LOST "\n";
	struct jsonl_reader_stats stats;
	struct output o;

	(void)state;
	stats = read_bytes(&o, true, bytes, sizeof(bytes) - 1);
	assert_string_equal(o.text, LOST "\n" LOST "\n");
	assert_int_equal(stats.malformed, 2);
	free(o.text);
}

/* Cut off anywhere, what is whole is read, and the rest is said to be cut, not to be wrong. */
static void test_cut(void **state)
{
	static const char bytes[] = LOST "\n" LOST "\n";
	size_t line = strlen(LOST);

	(void)state;
	for (size_t size = 0; size < sizeof(bytes); size++) {
		struct output o;
		struct jsonl_reader_stats stats = read_bytes(&o, true, bytes, size);
		size_t rest = size % (line + 1);

		assert_int_equal(stats.records, size / (line + 1) + (rest == line));
		assert_int_equal(stats.malformed, 0);
		assert_int_equal(stats.cut, rest && rest != line);
		free(o.text);
	}
}

static void test_blank_lines(void **state)
{
	struct output o;
	struct jsonl_reader_stats stats = read_text(&o, "\n  \r\n" LOST "\r\n\t\n" LOST "\n\n");

	(void)state;
	assert_string_equal(o.text, LOST "\n" LOST "\n");
	assert_int_equal(stats.malformed, 0);
	free(o.text);
}

/* Newer versions: other types are passed over, other keys don't matter, other schemas are told of. */
static void test_newer(void **state)
{
	struct output o;
	struct jsonl_reader_stats stats = read_text(
		&o,
		"{\"type\":\"session\",\"ts_ns\":1,\"time\":\"2023-11-14T22:13:20Z\",\"schema\":7,"
		"\"version\":\"9\",\"kernel\":\"9\",\"arch\":\"z\",\"page_size\":1,\"new\":{},"
		"\"wall_offset_ns\":5,\"target\":{\"kind\":\"moon\"},"
		"\"plan\":[{\"purpose\":\"new\",\"attached\":\"new\"},"
		"{\"purpose\":\"oom-begin\",\"attached\":\"new\"}]}\n"
		"{\"type\":\"dream\",\"ts_ns\":1}\n{\"type\":\"dream\"}\n{\"type\":\"other\"}\n" LOST "\n");

	(void)state;
	assert_int_equal(stats.schema, 7);
	assert_int_equal(stats.records, 2);
	assert_int_equal(stats.sessions, 1);
	assert_int_equal(stats.ends, 0);
	assert_int_equal(stats.unknown, 3);
	assert_string_equal(stats.unknown_type, "dream");
	assert_int_equal(stats.malformed, 0);
	free(o.text);
}

/* A plan is names: those that this version doesn't have are told of as they stand. */
static void test_unknown_purposes(void **state)
{
	static const char plan[] =
		"\"plan\":[{\"purpose\":\"dream\",\"attached\":\"fentry sleep\",\"error\":-2},"
		"{\"purpose\":\"omen\",\"attached\":null,\"lost\":\"what is to come\","
		"\"error\":-95}]}\n";
	static const char session[] =
		"{\"type\":\"session\",\"ts_ns\":1,\"schema\":1,\"version\":\"9\",\"kernel\":\"9\","
		"\"arch\":\"z\",\"page_size\":1,\"wall_offset_ns\":5,"
		"\"target\":{\"kind\":\"machine\"},";
	char text[1024];
	struct output o;

	(void)state;
	snprintf(text, sizeof(text), "%s%s", session, plan);
	read_text(&o, text);
	assert_non_null(strstr(o.text, plan));
	free(o.text);
	read_bytes(&o, false, text, strlen(text));
	assert_non_null(strstr(o.text, "what is to come (Operation not supported)\n"));
	free(o.text);
}

/* Without a wall clock of its own a record has that of its session. */
static void test_time_of_the_session(void **state)
{
	static const char session[] =
		"{\"type\":\"session\",\"ts_ns\":1,\"schema\":1,\"version\":\"9\",\"kernel\":\"9\","
		"\"arch\":\"z\",\"page_size\":1,\"wall_offset_ns\":1700000000000000000,"
		"\"target\":{\"kind\":\"machine\"}}\n"
		"{\"type\":\"lost\",\"ts_ns\":1000000000,\"kind\":\"oom\",\"count\":3}\n";
	struct output o;

	(void)state;
	read_text(&o, session);
	assert_non_null(strstr(o.text, "\"time\":\"2023-11-14T22:13:21.000000Z\",\"kind\":\"oom\""));
	free(o.text);
}

static char *repeat(const char *what, size_t size)
{
	size_t len = strlen(what);
	char *text = malloc(size + 1);

	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = what[i % len];
	text[size] = '\0';
	return text;
}

/* Lines up to RECORDING_LINE_MAX are read, longer ones passed over, wherever they stand. */
static void test_long_lines(void **state)
{
	static const size_t longer[] = { 0, 1, 1000, 300 << 10, 30 << 20 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(longer); i++) {
		size_t rest = strlen(AS_LOST("1", "null", "\"\"", "3"));
		char *name = repeat("x", RECORDING_LINE_MAX - rest + longer[i]), *bytes;
		struct jsonl_reader_stats stats;
		struct output o;
		size_t got;

		assert_true(asprintf(&bytes, LOST "\n" AS_LOST("1", "null", "\"%s\"", "3") "\n" LOST "\n",
				     name) > 0);
		stats = read_text(&o, bytes);
		got = o.size;
		assert_int_equal(stats.too_long, longer[i] != 0);
		assert_int_equal(stats.records, 2 + !longer[i]);
		assert_int_equal(stats.malformed, 0);
		assert_int_equal(got > RECORDING_LINE_MAX, !longer[i]);
		free(o.text);

		/* and as the last one, cut off */
		bytes[strlen(bytes) - strlen(LOST) - 3] = '\0';
		stats = read_text(&o, bytes);
		assert_int_equal(stats.too_long, longer[i] > 1);
		assert_int_equal(stats.records, 1);
		free(o.text);
		free(bytes);
		free(name);
	}
}

/* Nested or crowded so that a parser would need a gigabyte: no record, and no harm. */
static void test_hostile_structure(void **state)
{
	static const char *const patterns[] = { "{},", "[", "{\"a\":", "[],", "\"{\\\"\"," };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		char *crowd = repeat(patterns[i], RECORDING_LINE_MAX - 100), *bytes;
		struct jsonl_reader_stats stats;
		struct output o;

		assert_true(asprintf(&bytes, "{\"type\":\"oom\",\"victims\":[%s]}\n" LOST "\n", crowd) > 0);
		stats = read_text(&o, bytes);
		assert_int_equal(stats.malformed, 1);
		assert_int_equal(stats.records, 1);
		free(o.text);
		free(bytes);
		free(crowd);
	}
}

/* The parts that a rotated recording consists of are one session; alone, each is one. */
static void test_parts(void **state)
{
	static const char first[] =
		"{\"type\":\"session\",\"ts_ns\":7,\"schema\":1,%s\"version\":\"9\",\"kernel\":\"9\","
		"\"arch\":\"z\",\"page_size\":1,\"wall_offset_ns\":5,\"target\":{\"kind\":\"machine\"}}\n" LOST
		"\n";
	static const char *const parts[] = { "", "\"part\":2,", "\"part\":3,", "", "\"part\":3," };
	static const unsigned sessions[] = { 1, 1, 1, 2, 3 };
	struct output o;
	struct sink *sink = open_sink(&o, true);
	struct jsonl_reader *r = jsonl_reader__new(sink);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char bytes[1024];
		int fd;

		snprintf(bytes, sizeof(bytes), first, parts[i]);
		fd = file_of(bytes, strlen(bytes));
		assert_int_equal(jsonl_reader__read(r, fd), 0);
		assert_int_equal(jsonl_reader__stats(r)->sessions, sessions[i]);
		assert_int_equal(jsonl_reader__stats(r)->records, i + 1 + sessions[i]);
		close(fd);
	}
	jsonl_reader__free(r);
	close_sink(&o, sink);
	free(o.text);
}

static void test_errors(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct sink *sink = jsonl_write__new(full);
	struct jsonl_reader *r = jsonl_reader__new(sink);
	int fd = file_of(LOST "\n" LOST "\n", 2 * strlen(LOST) + 2);

	(void)state;
	assert_int_equal(jsonl_reader__read(r, fd), 0);
	assert_int_equal(jsonl_reader__sink_error(r), -ENOSPC);
	assert_int_equal(jsonl_reader__stats(r)->records, 1);
	jsonl_reader__free(r);
	close(fd);

	r = jsonl_reader__new(sink);
	assert_int_equal(jsonl_reader__read(r, 1 << 20), -EBADF);
	jsonl_reader__free(r);
	sink->ops->free(sink);
	fclose(full);
}

static const struct {
	const char *text;
	int64_t wall_ns; /* -1: not a time */
} times[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1970-01-01t00:00:00.000000001z", 1 },
	{ "2000-02-29 12:00:00Z", 951825600000000000 },
	{ "2000-03-01T00:00:00Z", 951868800000000000 },
	{ "2023-11-14T22:13:20.123456Z", 1700000000123456000 },
	{ "2023-11-15T00:13:20.123456+02:00", 1700000000123456000 },
	{ "2023-11-14T13:43:20.123456-08:30", 1700000000123456000 },
	{ "2023-11-14T22:13:20.1234567899999Z", 1700000000123456789 },
	{ "2261-12-31T23:59:60Z", 9214646400000000000 },
	{ "2262-01-01T00:00:00Z", -1 },
	{ "", -1 },
	{ "2023-11-14", -1 },
	{ "2023-11-14T22:13:20", -1 },
	{ "2023-11-14T22:13:20.Z ", -1 },
	{ "2023-11-14T22:13:20+0200", -1 },
	{ "2023-11-14T22:13:20+24:00", -1 },
	{ "2023-11-00T22:13:20Z", -1 },
	{ "2023-00-14T22:13:20Z", -1 },
	{ "2023-11-14T24:13:20Z", -1 },
	{ "+023-11-14T22:13:20Z", -1 },
};

static void test_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		int64_t wall_ns = -2;
		int err = record_time__parse(times[i].text, &wall_ns);

		if (times[i].wall_ns < 0) {
			assert_int_equal(err, -EINVAL);
			assert_int_equal(wall_ns, -2);
		} else {
			assert_int_equal(err, 0);
			assert_int_equal(wall_ns, times[i].wall_ns);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_blank_lines),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_unknown_purposes),
		cmocka_unit_test(test_time_of_the_session),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_hostile_structure),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}
