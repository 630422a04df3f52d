// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes -> events -> decode -> model -> JSON. The input is a sequence of entries: a byte that says
 * of what kind it is and how much of it is put right (random bytes are no event otherwise), two
 * bytes of length, and then that many bytes.
 */
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "sink.h"

#define EVENT_ROOM 1024 /* longer than any event that is known */

/* The first byte of an entry. */
enum {
	KIND = 15,
	RAW_VALUES = 1 << 5,
	OF_A_WRITE = 1 << 6,
	PUT_RIGHT = 1 << 7,
};

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

/*
 * Puts right what random bytes nearly never have: kind, size, enumerations, and few groups and
 * cgroups, so that events meet. With RAW_VALUES only the header is put right.
 */
static void put_right(union event *event, uint8_t control, size_t size)
{
	uint8_t kind = control & KIND;

	event->h.kind = kind;
	event->h.size = (uint32_t)size;
	event->h.group = (event->h.group & 3) + 1;
	if ((control & OF_A_WRITE) || kind == EVENT_LIMIT)
		event->h.group |= GROUP_LIMIT;
	if (control & RAW_VALUES)
		return;
	if (kind == EVENT_OOM) {
		event->oom.outcome = event->oom.outcome % 3 + OOM_KILLED;
		event->oom.limit_cgroup_id &= 7;
		event->oom.trigger_cgroup_id &= 7;
		event->oom.chosen_pid &= 7;
	} else if (kind == EVENT_CGROUP) {
		event->cgroup.id &= 7;
		event->cgroup.parent_id &= 7;
	} else if (kind == EVENT_VICTIM) {
		event->victim.cgroup_id &= 7;
		event->victim.pid &= 7;
		event->victim.cmdline_len %= EVENT_CMDLINE_LEN + 2;
	} else if (kind == EVENT_LIMIT) {
		event->limit.file = event->limit.file % 3 + LIMIT_MAX;
		event->limit.cgroup_id &= 7;
		event->limit.writer_cgroup_id &= 7;
	}
}

/* Decodes one entry from memory of exactly its size, so that ASan sees any read beyond. */
static void one_event(struct model *model, uint8_t control, const uint8_t *data, size_t size)
{
	uint8_t kind = control & KIND;
	size_t whole = size;
	union event event;
	uint8_t *bytes;

	if ((control & PUT_RIGHT) && kind < EVENT_KIND_MAX && sizes[kind])
		whole = sizes[kind];
	else
		control = 0;
	bytes = calloc(1, whole + !whole);
	require(bytes != NULL);
	memcpy(bytes, data, size < whole ? size : whole);
	if (control) {
		memset(&event, 0, sizeof(event));
		memcpy(&event, bytes, whole);
		put_right(&event, control, whole);
		memcpy(bytes, &event, whole);
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
