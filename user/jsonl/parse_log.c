// SPDX-License-Identifier: GPL-2.0-only
/* Its counterpart is write_log.c: a key that is written there is read here. */
#include "jsonl/parse_log.h"

#include <errno.h>
#include <string.h>

#include "jsonl/candidates_json.h"
#include "jsonl/parse_parts.h"

static bool has_number32(struct jsonl_parser *p, struct json_object *o, const char *key, uint32_t *out)
{
	uint64_t number;

	if (!value__has_number(p, o, key, &number))
		return false;
	*out = value__number32(p, o, key);
	return true;
}

static bool has_signed32(struct jsonl_parser *p, struct json_object *o, const char *key, int *out)
{
	int64_t number;

	if (!value__has_signed(p, o, key, &number))
		return false;
	*out = value__signed32(p, o, key);
	return true;
}

static void get_counter(struct jsonl_parser *p, struct json_object *o, const char *key,
			struct record_counter *counter)
{
	struct json_object *from = value__object(p, o, key);

	if (!from)
		return;
	counter->known = true;
	counter->usage_bytes = value__number(p, from, "usage_bytes");
	counter->max_bytes = value__limit(p, from, "max_bytes");
	counter->failcnt = value__number(p, from, "failcnt");
}

void parse_log__limit(struct jsonl_parser *p, struct json_object *o, struct record_log *log)
{
	log->memory.known = value__has_number(p, o, "failcnt", &log->memory.failcnt);
	if (log->memory.known) {
		log->memory.usage_bytes = value__number(p, o, "usage_bytes");
		log->memory.max_bytes = value__limit(p, o, "max_bytes");
	}
	get_counter(p, o, "memsw", &log->memsw);
	get_counter(p, o, "kmem", &log->kmem);
	get_counter(p, o, "swap", &log->swap);
}

void parse_log__trigger(struct jsonl_parser *p, struct json_object *o, struct record_oom *oom,
			struct record_log *log)
{
	log->has_trigger_pid = has_number32(p, o, "pid", &oom->trigger_pid);
	oom->trigger_comm = value__text(p, o, "comm");
	log->has_trigger_uid = has_number32(p, o, "uid", &log->trigger_uid);
	log->gfp = value__text(p, o, "gfp");
	log->has_gfp_mask = has_number32(p, o, "gfp_mask", &oom->gfp_mask);
	log->has_order = has_signed32(p, o, "order", &oom->order);
	log->has_trigger_adj = has_signed32(p, o, "oom_score_adj", &log->trigger_oom_score_adj);
	log->cpuset = value__text(p, o, "cpuset");
	log->mems_allowed = value__text(p, o, "mems_allowed");
	log->nodemask = value__text(p, o, "nodemask");
}

static void get_chunks(struct jsonl_parser *p, struct json_object *o, struct record_zone *zone)
{
	struct json_object *list;
	size_t count = value__array(p, o, "free_chunks", &list);
	uint64_t *chunks = value__new_array(p, count, sizeof(*chunks));

	if (!chunks)
		return;
	for (size_t i = 0; i < count; i++) {
		struct json_object *value = json_object_array_get_idx(list, i);

		if (json_object_is_type(value, json_type_int))
			chunks[i] = value__unsigned(p, value);
		else
			value__fail(p, -EINVAL);
	}
	zone->chunk_bytes = value__number(p, o, "chunk_bytes");
	zone->chunks = chunks;
	zone->orders = count;
}

static void get_zone(struct jsonl_parser *p, struct json_object *o, struct record_zone *zone)
{
	zone->node = value__number32(p, o, "node");
	zone->name = value__text(p, o, "zone");
	zone->free_bytes = value__number(p, o, "free_bytes");
	zone->min_bytes = value__number(p, o, "min_bytes");
	zone->low_bytes = value__number(p, o, "low_bytes");
	zone->high_bytes = value__number(p, o, "high_bytes");
	zone->has_boost = value__has_number(p, o, "boost_bytes", &zone->boost_bytes);
	zone->has_managed = value__has_number(p, o, "managed_bytes", &zone->managed_bytes);
	if (!zone->name)
		value__fail(p, -EINVAL);
	get_chunks(p, o, zone);
}

static struct record_largest get_largest(struct jsonl_parser *p, struct json_object *o)
{
	struct record_largest largest = { .after_ns = value__number(p, o, "after_ns"),
					  .looked_at = value__number(p, o, "looked_at"),
					  .cut = value__flag(p, o, "cut") };
	struct json_object *list;
	size_t count = value__array(p, o, "cgroups", &list);
	struct record_cgroup_usage *cgroups = value__new_array(p, count, sizeof(*cgroups));

	for (size_t i = 0; cgroups && i < count && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (!element)
			continue;
		cgroups[i].path = value__text(p, element, "cgroup");
		cgroups[i].container = parse_parts__container(p, element);
		if (cgroups[i].path)
			parse_parts__find_prefix(&cgroups[i].container.ref, cgroups[i].path);
		cgroups[i].usage_bytes = value__number(p, element, "usage_bytes");
	}
	largest.list = cgroups;
	largest.count = cgroups ? count : 0;
	return largest;
}

const struct record_machine *parse_log__machine(struct jsonl_parser *p, struct json_object *o)
{
	struct json_object *from = value__object(p, o, "machine"), *list;
	struct record_machine *machine = from ? value__new_array(p, 1, sizeof(*machine)) : NULL;
	struct record_zone *zones;
	struct json_object *largest;
	size_t count;

	if (!machine)
		return NULL;
	largest = value__object(p, from, "largest_cgroups");
	if (largest)
		machine->largest = get_largest(p, largest);
	machine->why = value__text(p, from, "why");
	for (int i = 0; i < MACHINE_ITEMS; i++)
		if (value__has_number(p, from, record_log__machine_key((enum record_machine_item)i),
				      &machine->bytes[i]))
			machine->known |= 1U << i;
	count = value__array(p, from, "zones", &list);
	zones = value__new_array(p, count, sizeof(*zones));
	for (size_t i = 0; zones && i < count && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (element)
			get_zone(p, element, &zones[i]);
	}
	machine->zones = zones;
	machine->zone_count = zones ? count : 0;
	return machine;
}

static void get_place(struct jsonl_parser *p, struct json_object *place, struct record_log *log)
{
	struct json_object *lines;
	uint64_t page_size = value__optional(p, place, "page_size");

	log->file = value__text(p, place, "file");
	log->stamp = value__text(p, place, "stamp");
	log->stamp_ns = value__signed(p, place, "stamp_ns");
	log->host = value__text(p, place, "host");
	log->kernel = value__text(p, place, "kernel");
	log->dump = value__text(p, place, "dump");
	log->suppressed = value__optional(p, place, "suppressed");
	if (page_size > UINT32_MAX)
		value__fail(p, -EINVAL);
	log->page_size = (uint32_t)page_size;
	if (value__array(p, place, "lines", &lines) != 2 ||
	    !json_object_is_type(json_object_array_get_idx(lines, 0), json_type_int) ||
	    !json_object_is_type(json_object_array_get_idx(lines, 1), json_type_int)) {
		value__fail(p, -EINVAL);
		return;
	}
	log->first_line = value__unsigned(p, json_object_array_get_idx(lines, 0));
	log->last_line = value__unsigned(p, json_object_array_get_idx(lines, 1));
}

static enum record_inside_write get_inside_write(struct jsonl_parser *p, struct json_object *o)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, "inside_write", &value) || !value)
		return INSIDE_WRITE_UNTOLD;
	if (json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value) ? INSIDE_WRITE_YES : INSIDE_WRITE_NO;
	if (!json_object_is_type(value, json_type_string) ||
	    strcmp(json_object_get_string(value), "perhaps") != 0)
		value__fail(p, -EINVAL);
	return INSIDE_WRITE_PERHAPS;
}

static void get_ambiguous(struct jsonl_parser *p, struct json_object *o, struct record_log *log)
{
	struct json_object *list;
	size_t count = value__array(p, o, "ambiguous", &list);
	const char **texts = value__new_array(p, count, sizeof(*texts));

	for (size_t i = 0; texts && i < count; i++) {
		struct json_object *text = json_object_array_get_idx(list, i);

		if (!json_object_is_type(text, json_type_string)) {
			value__fail(p, -EINVAL);
			return;
		}
		texts[i] = json_object_get_string(text);
	}
	log->ambiguous = texts;
	log->ambiguous_count = texts ? count : 0;
}

struct record_log *parse_log__members(struct jsonl_parser *p, struct json_object *o)
{
	struct json_object *place = value__object(p, o, "log");
	struct record_log *log = place ? value__new_array(p, 1, sizeof(*log)) : NULL;

	if (!log)
		return NULL;
	get_place(p, place, log);
	log->inside_write = get_inside_write(p, o);
	log->asked_for = value__text(p, o, "asked_for");
	log->group_kill = value__text(p, o, "group_kill");
	log->panic = value__text(p, o, "panic");
	log->candidates = candidates_json__parse(p, o, true);
	log->machine = parse_log__machine(p, o);
	get_ambiguous(p, o, log);
	return log;
}

void parse_log__user_kill(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct json_object *place = value__object(p, o, "log");
	struct record_user_kill kill = {
		.killer = value__text(p, o, "killer"),
		.pid = value__optional32(p, o, "pid"),
		.comm = value__text(p, o, "comm"),
		.cgroup = value__text(p, o, "cgroup"),
		.signal = value__text(p, o, "signal"),
		.processes = value__optional(p, o, "processes"),
		.reason = value__text(p, o, "reason"),
	};

	kill.has_uid = has_number32(p, o, "uid", &kill.uid);
	kill.has_rss = value__has_number(p, o, "rss_bytes", &kill.rss_bytes);
	kill.has_adj = has_signed32(p, o, "oom_score_adj", &kill.oom_score_adj);
	if (!kill.killer)
		value__fail(p, -EINVAL);
	record->user_kill = kill;
	if (!kill.killer || !place)
		return;
	kill.file = value__text(p, place, "file");
	kill.line = value__number(p, place, "line");
	kill.stamp = value__text(p, place, "stamp");
	kill.stamp_ns = value__signed(p, place, "stamp_ns");
	kill.host = value__text(p, place, "host");
	record->user_kill = kill;
}

static bool is_negative(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) && json_object_get_int64(value) < 0;
}

/* Of the two values of a difference, which are of one kind. */
static enum record_difference_kind kind_of(const char *field, struct json_object *recorded,
					   struct json_object *logged)
{
	if (!strcmp(field, "max_bytes"))
		return DIFFERENCE_LIMIT;
	if (json_object_is_type(recorded, json_type_string))
		return DIFFERENCE_TEXT;
	return is_negative(recorded) || is_negative(logged) ? DIFFERENCE_SIGNED : DIFFERENCE_NUMBER;
}

static void get_value(struct jsonl_parser *p, struct json_object *o, const char *key,
		      enum record_difference_kind kind, union record_difference_value *value)
{
	switch (kind) {
	case DIFFERENCE_NUMBER:
		value->number = value__number(p, o, key);
		break;
	case DIFFERENCE_SIGNED:
		value->signed_number = value__signed(p, o, key);
		break;
	case DIFFERENCE_LIMIT:
		value->number = value__limit(p, o, key);
		break;
	case DIFFERENCE_TEXT:
		value->text = value__text(p, o, key);
		if (!value->text)
			value__fail(p, -EINVAL);
		break;
	}
}

static void get_difference(struct jsonl_parser *p, struct json_object *o,
			   struct record_difference *difference)
{
	struct json_object *recorded, *logged;

	difference->field = value__text(p, o, "field");
	if (!difference->field || !json_object_object_get_ex(o, "recording", &recorded) ||
	    !json_object_object_get_ex(o, "log", &logged)) {
		value__fail(p, -EINVAL);
		return;
	}
	difference->kind = kind_of(difference->field, recorded, logged);
	difference->close = value__flag(p, o, "close");
	get_value(p, o, "recording", difference->kind, &difference->recorded);
	get_value(p, o, "log", difference->kind, &difference->logged);
}

void parse_log__kernel_log(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_kernel_log *to = &record->kernel_log;
	struct record_difference *differences;
	struct json_object *list;
	size_t count;

	*to = (struct record_kernel_log){ .missed = value__optional(p, o, "missed") };
	if (to->missed)
		return;
	to->oom_id = value__optional(p, o, "oom_id");
	to->pid = value__number32(p, o, "pid");
	to->comm = value__text(p, o, "comm");
	to->log = parse_log__members(p, o);
	count = value__array(p, o, "differences", &list);
	differences = value__new_array(p, count, sizeof(*differences));
	for (size_t i = 0; differences && i < count && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (element)
			get_difference(p, element, &differences[i]);
	}
	to->differences = differences;
	to->difference_count = differences ? count : 0;
}
