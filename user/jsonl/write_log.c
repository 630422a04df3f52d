// SPDX-License-Identifier: GPL-2.0-only
/* What only a kernel log says. Its counterpart is parse_log.c. */
#include <string.h>

#include "jsonl/candidates_json.h"
#include "jsonl/member.h"
#include "jsonl/write_parts.h"
#include "record/record.h"

static void add_counter(struct json_object *o, const char *key, const struct record_counter *counter)
{
	struct json_object *to;

	if (!counter->known)
		return;
	to = json_object_new_object();
	member__number(to, "usage_bytes", counter->usage_bytes);
	member__limit(to, "max_bytes", counter->max_bytes);
	member__number(to, "failcnt", counter->failcnt);
	member__add(o, key, to);
}

void write_log__limit(struct json_object *o, const struct record_log *log)
{
	if (log->memory.known)
		member__number(o, "failcnt", log->memory.failcnt);
	add_counter(o, "memsw", &log->memsw);
	add_counter(o, "kmem", &log->kmem);
	add_counter(o, "swap", &log->swap);
}

void write_log__trigger(struct json_object *o, const struct record_oom *oom)
{
	const struct record_log *log = oom->log;

	if (log->has_trigger_pid)
		member__number(o, "pid", oom->trigger_pid);
	member__text(o, "comm", oom->trigger_comm);
	if (log->has_trigger_uid)
		member__number(o, "uid", log->trigger_uid);
	member__text(o, "gfp", log->gfp);
	if (log->has_gfp_mask)
		member__number(o, "gfp_mask", oom->gfp_mask);
	if (log->has_order)
		member__signed(o, "order", oom->order);
	if (log->has_trigger_adj)
		member__signed(o, "oom_score_adj", log->trigger_oom_score_adj);
	member__text(o, "cpuset", log->cpuset);
	member__text(o, "mems_allowed", log->mems_allowed);
	member__text(o, "nodemask", log->nodemask);
}

static struct json_object *new_zone(const struct record_zone *zone)
{
	struct json_object *o = json_object_new_object(), *chunks;

	member__number(o, "node", zone->node);
	member__text(o, "zone", zone->name);
	member__number(o, "free_bytes", zone->free_bytes);
	member__number(o, "min_bytes", zone->min_bytes);
	member__number(o, "low_bytes", zone->low_bytes);
	member__number(o, "high_bytes", zone->high_bytes);
	if (zone->has_boost)
		member__number(o, "boost_bytes", zone->boost_bytes);
	if (zone->has_managed)
		member__number(o, "managed_bytes", zone->managed_bytes);
	if (!zone->orders)
		return o;
	chunks = json_object_new_array();
	for (size_t i = 0; i < zone->orders; i++)
		json_object_array_add(chunks, json_object_new_uint64(zone->chunks[i]));
	member__number(o, "chunk_bytes", zone->chunk_bytes);
	member__add(o, "free_chunks", chunks);
	return o;
}

static struct json_object *new_largest(const struct record_largest *largest)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	member__number(o, "after_ns", largest->after_ns);
	member__number(o, "looked_at", largest->looked_at);
	if (largest->cut)
		member__flag(o, "cut", true);
	for (size_t i = 0; i < largest->count; i++) {
		struct json_object *one = json_object_new_object();

		member__text(one, "cgroup", largest->list[i].path);
		member__container(one, "container", &largest->list[i].container);
		member__number(one, "usage_bytes", largest->list[i].usage_bytes);
		json_object_array_add(list, one);
	}
	member__add(o, "cgroups", list);
	return o;
}

void write_log__machine(struct json_object *o, const struct record_machine *machine)
{
	struct json_object *to, *zones;

	if (!machine)
		return;
	to = json_object_new_object();
	zones = json_object_new_array();
	member__text(to, "why", machine->why);
	for (int i = 0; i < MACHINE_ITEMS; i++)
		if (machine->known & 1U << i)
			member__number(to, record_log__machine_key((enum record_machine_item)i),
				       machine->bytes[i]);
	for (size_t i = 0; i < machine->zone_count; i++)
		json_object_array_add(zones, new_zone(&machine->zones[i]));
	member__add(to, "zones", zones);
	if (machine->largest.count)
		member__add(to, "largest_cgroups", new_largest(&machine->largest));
	member__add(o, "machine", to);
}

static void add_place(struct json_object *o, const struct record_log *log)
{
	struct json_object *place = json_object_new_object(), *lines = json_object_new_array();

	member__text(place, "file", log->file);
	json_object_array_add(lines, json_object_new_uint64(log->first_line));
	json_object_array_add(lines, json_object_new_uint64(log->last_line));
	member__add(place, "lines", lines);
	member__text(place, "stamp", log->stamp);
	member__signed(place, "stamp_ns", log->stamp_ns);
	member__text(place, "host", log->host);
	member__text(place, "kernel", log->kernel);
	member__text(place, "dump", log->dump);
	if (log->suppressed)
		member__number(place, "suppressed", log->suppressed);
	if (log->page_size)
		member__number(place, "page_size", log->page_size);
	member__add(o, "log", place);
}

/* true, false, or null where there is no trace or it proves neither. */
static void add_inside_write(struct json_object *o, const struct record_log *log)
{
	if (log->inside_write == INSIDE_WRITE_YES || log->inside_write == INSIDE_WRITE_NO)
		member__flag(o, "inside_write", log->inside_write == INSIDE_WRITE_YES);
	else if (log->inside_write == INSIDE_WRITE_PERHAPS)
		member__text(o, "inside_write", "perhaps");
}

void write_log__members(struct json_object *o, const struct record_log *log)
{
	struct json_object *ambiguous;

	add_place(o, log);
	add_inside_write(o, log);
	member__text(o, "asked_for", log->asked_for);
	member__text(o, "group_kill", log->group_kill);
	member__text(o, "panic", log->panic);
	candidates_json__write(o, log->candidates);
	write_log__machine(o, log->machine);
	if (!log->ambiguous_count)
		return;
	ambiguous = json_object_new_array();
	for (size_t i = 0; i < log->ambiguous_count; i++)
		json_object_array_add(ambiguous,
				      member__new_text(log->ambiguous[i], strlen(log->ambiguous[i])));
	member__add(o, "ambiguous", ambiguous);
}

void write_log__user_kill(struct json_object *o, const struct record *record)
{
	const struct record_user_kill *kill = &record->user_kill;
	struct json_object *place;

	member__text(o, "killer", kill->killer);
	if (kill->pid)
		member__number(o, "pid", kill->pid);
	member__text(o, "comm", kill->comm);
	member__text(o, "cgroup", kill->cgroup);
	member__text(o, "signal", kill->signal);
	if (kill->has_uid)
		member__number(o, "uid", kill->uid);
	if (kill->has_rss)
		member__number(o, "rss_bytes", kill->rss_bytes);
	if (kill->has_adj)
		member__signed(o, "oom_score_adj", kill->oom_score_adj);
	if (kill->processes)
		member__number(o, "processes", kill->processes);
	member__text(o, "reason", kill->reason);
	if (!kill->line)
		return; /* seen live */
	place = json_object_new_object();
	member__text(place, "file", kill->file);
	member__number(place, "line", kill->line);
	member__text(place, "stamp", kill->stamp);
	member__signed(place, "stamp_ns", kill->stamp_ns);
	member__text(place, "host", kill->host);
	member__add(o, "log", place);
}

static struct json_object *new_value(enum record_difference_kind kind,
				     const union record_difference_value *value)
{
	switch (kind) {
	case DIFFERENCE_NUMBER:
		return json_object_new_uint64(value->number);
	case DIFFERENCE_SIGNED:
		return json_object_new_int64(value->signed_number);
	case DIFFERENCE_LIMIT:
		return value->number == RECORD_NO_LIMIT ? json_object_new_string("max")
							: json_object_new_uint64(value->number);
	case DIFFERENCE_TEXT:
		break;
	}
	return member__new_text(value->text, strlen(value->text));
}

struct json_object *write_log__new_differences(const struct record_difference *differences, size_t count)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		const struct record_difference *difference = &differences[i];
		struct json_object *o = json_object_new_object();

		member__text(o, "field", difference->field);
		member__add(o, "recording", new_value(difference->kind, &difference->recorded));
		member__add(o, "log", new_value(difference->kind, &difference->logged));
		member__flag(o, "close", difference->close);
		json_object_array_add(list, o);
	}
	return list;
}

void write_log__kernel_log(struct json_object *o, const struct record *record)
{
	const struct record_kernel_log *from = &record->kernel_log;

	if (from->missed) {
		member__number(o, "missed", from->missed);
		return;
	}
	if (from->oom_id)
		member__number(o, "oom_id", from->oom_id);
	member__number(o, "pid", from->pid);
	member__text(o, "comm", from->comm);
	if (from->oom_id && from->log)
		member__add(o, "differences",
			    write_log__new_differences(from->differences, from->difference_count));
	if (from->log)
		write_log__members(o, from->log);
}
