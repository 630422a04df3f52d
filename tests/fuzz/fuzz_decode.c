// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes -> events -> decode -> model and stacks -> JSON. The input is a sequence of entries: a byte that says
 * of what kind the event is and how much of it is left as it comes (random bytes are no event), one
 * for the ids that it otherwise gets, one for the length, and then that many bytes. What is missing
 * of an event is zero, so that a few bytes are enough for one.
 */
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonl/write.h"
#include "model/model.h"
#include "model/oom_run.h"
#include "record/sink.h"
#include "stacks/collector.h"
#include "trace/decode.h"

#define ENTRY_HEAD 3

/* The first byte of an entry. */
enum {
	KIND = 15,
	OF_A_CHARGE = 1 << 4,
	RAW_VALUES = 1 << 5,
	OF_A_WRITE = 1 << 6,
	RAW_HEADER = 1 << 7, /* the bytes are the event, header included */
};

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_oom(const struct record_oom *oom)
{
	require(oom->chain_count <= EVENT_CGROUP_LEVELS);
	require(oom->killed <= oom->victim_count && oom->victim_count <= OOM_RUN_VICTIMS_MAX);
	for (size_t i = 0; i < oom->victim_count; i++)
		require(!oom->victims[i].cgroup || oom->victims[i].cgroup[0] == '/');
}

struct parts {
	struct sink *sink;
	struct stack_collector *stacks;
	struct model *model;
};

static void on_record(void *ctx, const struct record *record)
{
	struct parts *parts = ctx;

	if (record->kind == RECORD_OOM)
		check_oom(&record->oom);
	require(!sink__take(parts->sink, record));
	if (record->kind == RECORD_OOM)
		stack_collector__on_oom(parts->stacks, record->oom.id);
}

static void on_stack(void *ctx, struct record *record)
{
	struct parts *parts = ctx;

	require(record->stack.user_count <= EVENT_STACK_DEPTH);
	require(!sink__take(parts->sink, record));
}

static void put_ids_right(union event *event, uint64_t one, uint64_t other)
{
	switch (event->h.kind) {
	case EVENT_OOM:
		event->oom.outcome = event->oom.outcome % 3 + OOM_KILLED;
		event->oom.limit_cgroup_id = one;
		event->oom.trigger_cgroup_id = other;
		event->oom.chosen_pid &= 7;
		break;
	case EVENT_CGROUP:
		event->cgroup.id = one;
		event->cgroup.parent_id = other;
		break;
	case EVENT_VICTIM:
		event->victim.cgroup_id = one;
		event->victim.pid = (uint32_t)other;
		event->victim.cmdline_len %= EVENT_CMDLINE_LEN + 2;
		break;
	case EVENT_EXIT:
		event->exit.cgroup_id = one;
		event->exit.pid = (uint32_t)other;
		break;
	case EVENT_LIMIT:
		event->limit.file = event->limit.file % 3 + LIMIT_MAX;
		event->limit.cgroup_id = one;
		event->limit.writer_cgroup_id = other;
		break;
	case EVENT_USAGE:
		event->usage.cgroup_id = one;
		event->usage.refused_by = other;
		break;
	case EVENT_RECLAIM:
		event->reclaim.kind = event->reclaim.kind % 2 + RECLAIM_LIMIT;
		event->reclaim.cgroup_id = one;
		break;
	case EVENT_MEMORY:
		event->memory.cgroup_id = one;
		break;
	case EVENT_SAMPLED:
		event->sampled.pid = (uint32_t)other;
		break;
	case EVENT_STACK:
		event->stack.pid = (uint32_t)other;
		event->stack.user_count %= EVENT_STACK_DEPTH + 1;
		event->stack.kernel_count %= EVENT_STACK_DEPTH + 1;
		break;
	}
}

/*
 * Puts right what random bytes nearly never have: kind, size, enumerations, and few groups and
 * cgroups, so that events meet. With RAW_VALUES only the header is put right.
 */
static void put_right(union event *event, uint8_t control, uint8_t ids, size_t size)
{
	event->h.kind = (control & KIND) % EVENT_KIND_MAX;
	event->h.size = (uint32_t)size;
	event->h.group = event->h.kind == EVENT_USAGE && !(control & OF_A_CHARGE) ? 0 : (ids & 1) + 1;
	if ((control & OF_A_WRITE) || event->h.kind == EVENT_LIMIT)
		event->h.group |= GROUP_LIMIT;
	else if (control & OF_A_CHARGE)
		event->h.group |= GROUP_CHARGE;
	if (!(control & RAW_VALUES))
		put_ids_right(event, ids >> 2 & 7, ids >> 5);
}

/* Decodes one entry from memory of exactly its size, so that ASan sees any read beyond. */
static void one_event(const struct parts *parts, uint8_t control, uint8_t ids, const uint8_t *data,
		      size_t size)
{
	size_t whole = decode__least_size((control & KIND) % EVENT_KIND_MAX);
	union event event;
	uint8_t *bytes;

	memset(&event, 0, sizeof(event));
	if (!(control & RAW_HEADER) && whole) {
		if (size > whole - sizeof(event.h))
			size = whole - sizeof(event.h);
		memcpy((uint8_t *)&event + sizeof(event.h), data, size);
		event.h.flags = ids >> 1;
		if (control & RAW_VALUES)
			memcpy(&event.h.ts_ns, data, size < 8 ? size : 8);
		put_right(&event, control, ids, whole);
		data = (uint8_t *)&event;
		size = whole;
	}
	bytes = malloc(size + !size);
	require(bytes != NULL);
	memcpy(bytes, data, size);
	if (!decode__event(bytes, size, &event)) {
		require(!model__event(parts->model, &event, 1700000000000000000));
		stack_collector__event(parts->stacks, &event);
	}
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
	struct parts parts = { 0 };
	struct model_env env = {
		.ctx = &parts,
		.page_size = 4096,
		.on_record = on_record,
	};

	parts.sink = out ? jsonl_write__new(out) : NULL;
	parts.stacks = stack_collector__new(NULL, on_stack, &parts);
	parts.model = model__new(&env);
	require(parts.sink && parts.stacks && parts.model);
	while (size >= ENTRY_HEAD) {
		size_t len = data[2] < 128 ? data[2] & 31 : (data[2] & 127) * 8;

		if (len > size - ENTRY_HEAD)
			len = size - ENTRY_HEAD;
		one_event(&parts, data[0], data[1], data + ENTRY_HEAD, len);
		data += ENTRY_HEAD + len;
		size -= ENTRY_HEAD + len;
	}
	model__finish(parts.model);
	model__free(parts.model);
	stack_collector__free(parts.stacks);
	parts.sink->ops->free(parts.sink);
	fclose(out);
	check_lines(text);
	free(text);
	return 0;
}
