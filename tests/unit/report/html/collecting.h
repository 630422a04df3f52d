/* SPDX-License-Identifier: GPL-2.0-only */
/* For the tests of the HTML report: records that go in, and the page that comes out. */
#ifndef OOMTRACE_TEST_COLLECTING_H
#define OOMTRACE_TEST_COLLECTING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "record/sink.h"
#include "report/html/assets.h"
#include "report/html/collect.h"
#include "take.h"

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

static inline struct sink *open_sink(struct output *o)
{
	*o = (struct output){ 0 };
	o->out = open_memstream(&o->text, &o->size);
	assert_non_null(o->out);
	o->sink = html_collect__new(o->out);
	assert_non_null(o->sink);
	return o->sink;
}

static inline void finish(struct output *o)
{
	assert_int_equal(sink__finish(o->sink), 0);
	assert_int_equal(strlen(o->text), o->size);
}

static inline void stop(struct output *o)
{
	o->sink->ops->free(o->sink);
	fclose(o->out);
	free(o->text);
}

static inline int count(const char *text, const char *what)
{
	int n = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		n++;
	return n;
}

/* The page without the scripts and the style that were built in: what the records made. */
static inline char *without_assets(const char *page)
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

static inline struct json_object *data_of(const char *page)
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

static inline size_t length_of(struct json_object *data, const char *key)
{
	return json_object_array_length(json_object_object_get(data, key));
}

static inline const char *text_at(struct json_object *array, size_t i)
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
static inline void send_kill(struct sink *sink, uint64_t id, const char *comm)
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
		.cause = CAUSE_LIMIT_UNCHANGED,
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

static inline void send_session(struct sink *sink, const char *name)
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

static inline void send_write(struct sink *sink, uint64_t id, uint64_t end_ns, uint64_t duration_ns,
			      const char *name)
{
	const struct record_limit limit = {
		.id = id,
		.file = LIMIT_MAX,
		.cgroup = name,
		.writer_pid = 9,
		.writer_comm = name,
		.old_max_bytes = RECORD_NO_LIMIT,
		.new_max_bytes = 100 << 20,
		.usage_before_bytes = 300 << 20,
		.usage_after_bytes = 90 << 20,
		.duration_ns = duration_ns,
		.kills = 1,
		.result = 4,
	};

	assert_int_equal(TAKE(sink, LIMIT, limit, AT(end_ns), limit), 0);
}

static inline void send_exit(struct sink *sink, uint32_t pid, uint64_t at, const char *name, bool container)
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

#endif
