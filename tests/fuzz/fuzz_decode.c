// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes -> events -> decode -> model -> JSON. The input is a sequence of entries: a byte that says
 * whether the kind and the size are put right (most random bytes are no event otherwise), two bytes
 * of length, and then that many bytes.
 */
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "sink.h"

#define EVENT_ROOM 1024 /* longer than any event that is known */

static const size_t sizes[EVENT_KIND_MAX] = {
	[EVENT_OOM] = sizeof(struct event_oom),
	[EVENT_CGROUP] = sizeof(struct event_cgroup),
	[EVENT_VICTIM] = sizeof(struct event_victim),
	[EVENT_OOM_END] = sizeof(struct event_oom_end),
	[EVENT_EXIT] = sizeof(struct event_exit),
	[EVENT_LIMIT] = sizeof(struct event_limit),
};

static void require(int condition)
{
	if (!condition)
		abort();
}

static void on_oom(void *ctx, const struct record_oom *oom)
{
	struct sink *sink = ctx;

	require(oom->chain_count <= EVENT_CGROUP_LEVELS);
	require(oom->killed <= oom->victim_count && oom->victim_count <= MODEL_VICTIMS_MAX);
	for (size_t i = 0; i < oom->victim_count; i++)
		require(!oom->victims[i].cgroup || oom->victims[i].cgroup[0] == '/');
	require(!sink->ops->oom(sink, oom));
}

static void on_exit_record(void *ctx, const struct record_exit *exit_record)
{
	struct sink *sink = ctx;

	require(!sink->ops->exit(sink, exit_record));
}

static void on_limit(void *ctx, const struct record_limit *limit)
{
	struct sink *sink = ctx;

	require(!sink->ops->limit(sink, limit));
}

/* Decodes one entry from memory of exactly its size, so that ASan sees any read beyond. */
static void one_event(struct model *model, uint8_t control, const uint8_t *data, size_t size)
{
	uint8_t kind = control & 15;
	size_t whole = kind < EVENT_KIND_MAX && sizes[kind] ? sizes[kind] : size;
	struct event_header header = {};
	union event event;
	uint8_t *bytes;

	if (control & 128)
		size = size < whole ? size : whole;
	else
		whole = size;
	bytes = calloc(1, whole + 1);
	require(bytes != NULL);
	memcpy(bytes, data, size);
	if ((control & 128) && whole >= sizeof(header)) {
		memcpy(&header, bytes, sizeof(header));
		header.kind = kind;
		header.size = (uint32_t)whole;
		/* Few groups, of both sorts, so that events meet. */
		header.group = (header.group & 3) + 1;
		if ((control & 64) || kind == EVENT_LIMIT)
			header.group |= GROUP_LIMIT;
		memcpy(bytes, &header, sizeof(header));
	}
	if (!decode__event(bytes, whole, &event))
		require(!model__event(model, &event, 1700000000000000000));
	free(bytes);
}

/* Whatever came in, what goes out is one JSON object a line. */
static void check_lines(char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		struct json_object *record = json_tokener_parse(line);

		require(json_object_is_type(record, json_type_object));
		json_object_put(record);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = NULL;
	size_t text_size = 0;
	FILE *out = open_memstream(&text, &text_size);
	struct sink *sink = out ? sink_json__new(out) : NULL;
	struct model_env env = {
		.ctx = sink,
		.page_size = 4096,
		.on_oom = on_oom,
		.on_exit = on_exit_record,
		.on_limit = on_limit,
	};
	struct model *model = model__new(&env);

	require(sink && model);
	while (size >= 3) {
		size_t len = (data[1] | (size_t)data[2] << 8) % EVENT_ROOM;

		if (len > size - 3)
			len = size - 3;
		one_event(model, data[0], data + 3, len);
		data += 3 + len;
		size -= 3 + len;
	}
	model__finish(model);
	model__free(model);
	sink->ops->free(sink);
	fclose(out);
	check_lines(text);
	free(text);
	return 0;
}
