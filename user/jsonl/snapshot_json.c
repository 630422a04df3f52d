// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/snapshot_json.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "jsonl/member.h"
#include "jsonl/parse_parts.h"
#include "jsonl/tmpfs_json.h"
#include "record/snapshot_words.h"

DEFINE_NAMED(kind_named, enum smaps_kind, snapshot_words__kind, SMAPS_ANON, SMAPS_OTHERS)

/* Beside the kinds of mappings. */
#define TMPFS "tmpfs"
#define CACHE "page-cache"

/* As memory.stat of an OOM's record has them, and more. */
static const struct {
	const char *key;
	size_t at;
} memory_items[] = {
	{ "anon_bytes", offsetof(struct cgroup_memory, anon_bytes) },
	{ "file_bytes", offsetof(struct cgroup_memory, file_bytes) },
	{ "shmem_bytes", offsetof(struct cgroup_memory, shmem_bytes) },
	{ "file_mapped_bytes", offsetof(struct cgroup_memory, mapped_bytes) },
	{ "file_dirty_bytes", offsetof(struct cgroup_memory, dirty_bytes) },
	{ "file_writeback_bytes", offsetof(struct cgroup_memory, writeback_bytes) },
};

/* ---- writing ---- */

static void add_sum(struct json_object *o, const struct smaps_sum *sum, bool has_mappings)
{
	if (has_mappings) {
		member__number(o, "mappings", sum->mappings);
		member__number(o, "size_bytes", sum->size_bytes);
	}
	member__number(o, "rss_bytes", sum->rss_bytes);
	member__number(o, "pss_bytes", sum->pss_bytes);
	member__number(o, "anon_bytes", sum->anon_bytes);
	member__number(o, "swap_bytes", sum->swap_bytes);
}

static struct json_object *new_sum(const struct smaps_sum *sum, bool has_mappings)
{
	struct json_object *o = json_object_new_object();

	add_sum(o, sum, has_mappings);
	return o;
}

static struct json_object *new_parts(const struct record_snapshot_process *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < p->part_count; i++) {
		struct json_object *o = json_object_new_object();

		member__text(o, "kind", snapshot_words__kind(p->parts[i].kind));
		member__text(o, "name", p->parts[i].name);
		add_sum(o, &p->parts[i].sum, true);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *new_largest(const struct record_snapshot_process *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < p->largest_count; i++) {
		const struct record_snapshot_mapping *m = &p->largest[i];
		struct json_object *o = json_object_new_object();

		member__number(o, "start", m->start);
		member__text(o, "name", m->name);
		member__number(o, "size_bytes", m->size_bytes);
		member__number(o, "rss_bytes", m->rss_bytes);
		member__number(o, "swap_bytes", m->swap_bytes);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *new_process(const struct record_snapshot_process *p)
{
	struct json_object *o = json_object_new_object();

	member__number(o, "pid", p->pid);
	member__text(o, "comm", p->comm);
	member__number(o, "threads", p->threads);
	if (p->has_total)
		member__add(o, "total", new_sum(&p->total, p->has_mappings));
	if (!p->part_count)
		return o;
	if (!p->has_parts)
		member__flag(o, "incomplete", true);
	member__add(o, "parts", new_parts(p));
	if (p->rest.mappings)
		member__add(o, "rest", new_sum(&p->rest, true));
	if (p->largest_count)
		member__add(o, "largest", new_largest(p));
	return o;
}

static void add_memory(struct json_object *to, const struct cgroup_memory *memory)
{
	struct json_object *o;

	if (!memory)
		return;
	o = json_object_new_object();
	for (size_t i = 0; i < ARRAY_SIZE(memory_items); i++)
		member__number(o, memory_items[i].key,
			       *(const uint64_t *)((const char *)memory + memory_items[i].at));
	member__add(to, "memory", o);
}

static void add_files(struct json_object *to, const struct record_snapshot *s)
{
	struct json_object *list;

	if (!s->has_files)
		return;
	list = json_object_new_array();
	for (size_t i = 0; i < s->file_count; i++) {
		struct json_object *o = json_object_new_object();

		member__text(o, "path", s->files[i].path);
		member__number(o, "cached_bytes", s->files[i].cached_bytes);
		member__number(o, "pid", s->files[i].pid);
		member__text(o, "comm", s->files[i].comm);
		json_object_array_add(list, o);
	}
	member__add(to, "files", list);
}

void snapshot_json__write(struct json_object *o, const struct record *record)
{
	const struct record_snapshot *s = &record->snapshot;
	struct json_object *list = json_object_new_array();

	member__number(o, "cgroup_id", s->cgroup_id);
	member__text(o, "cgroup", s->cgroup);
	member__container(o, "container", &s->container);
	member__number(o, "percent", s->percent);
	member__number(o, "usage_bytes", s->usage_bytes);
	member__number(o, "max_bytes", s->max_bytes);
	member__number(o, "since_mark_ns", s->since_mark_ns);
	if (s->duration_ns)
		member__number(o, "duration_ns", s->duration_ns);
	else
		member__flag(o, "incomplete", true);
	if (s->again)
		member__flag(o, "again", true);
	if (s->frozen)
		member__flag(o, "frozen", true);
	member__number(o, "count", s->seen);
	if (s->more)
		member__flag(o, "more", true);
	for (size_t i = 0; i < s->process_count; i++)
		json_object_array_add(list, new_process(&s->processes[i]));
	member__add(o, "processes", list);
	add_memory(o, s->memory);
	tmpfs_json__write(o, s->tmpfs);
	add_files(o, s);
}

static const char *kind_of(const struct record_before_part *part)
{
	if (part->is_cache)
		return CACHE;
	return part->is_tmpfs ? TMPFS : snapshot_words__kind(part->kind);
}

static struct json_object *new_before_part(const struct record_before_part *part)
{
	struct json_object *o = json_object_new_object();

	if (part->pid) {
		member__number(o, "pid", part->pid);
		member__text(o, "comm", part->comm);
	}
	member__text(o, "kind", kind_of(part));
	member__text(o, "name", part->name);
	member__number(o, "bytes", part->bytes);
	if (part->has_growth)
		member__signed(o, "growth_bytes", part->growth_bytes);
	if (part->at_least)
		member__flag(o, "incomplete", true);
	if (part->is_machine)
		member__flag(o, "machine", true);
	if (part->is_copy)
		member__flag(o, "copied", true);
	return o;
}

void snapshot_json__write_before(struct json_object *o, const struct record_before *before)
{
	struct json_object *to, *list;

	if (!before)
		return;
	to = json_object_new_object();
	member__number(to, "percent", before->percent);
	member__number(to, "since_ns", before->since_ns);
	if (before->growth_ns)
		member__number(to, "growth_ns", before->growth_ns);
	list = json_object_new_array();
	for (size_t i = 0; i < before->count; i++)
		json_object_array_add(list, new_before_part(&before->parts[i]));
	member__add(to, "largest", list);
	add_memory(to, before->memory);
	if (before->has_cache_growth)
		member__signed(to, "cache_growth_bytes", before->cache_growth_bytes);
	member__add(o, "before", to);
}

/* ---- parsing ---- */

static void get_sum(struct jsonl_parser *p, struct json_object *o, bool *has_mappings, struct smaps_sum *sum)
{
	*has_mappings = value__has_number(p, o, "mappings", &sum->mappings);
	if (*has_mappings)
		sum->size_bytes = value__number(p, o, "size_bytes");
	sum->rss_bytes = value__number(p, o, "rss_bytes");
	sum->pss_bytes = value__number(p, o, "pss_bytes");
	sum->anon_bytes = value__number(p, o, "anon_bytes");
	sum->swap_bytes = value__number(p, o, "swap_bytes");
}

static void get_parts(struct jsonl_parser *p, struct json_object *o, struct record_snapshot_process *to)
{
	struct json_object *list;
	size_t count = value__array(p, o, "parts", &list);
	struct record_snapshot_part *parts = value__new_array(p, count, sizeof(*parts));
	bool has_mappings;

	for (size_t i = 0; parts && i < count && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (!element)
			return;
		parts[i].kind = kind_named(p, value__text(p, element, "kind"));
		parts[i].name = value__text(p, element, "name");
		get_sum(p, element, &has_mappings, &parts[i].sum);
	}
	to->parts = parts;
	to->part_count = parts ? count : 0;
}

static void get_largest(struct jsonl_parser *p, struct json_object *o, struct record_snapshot_process *to)
{
	struct json_object *list;
	size_t count = value__array(p, o, "largest", &list);
	struct record_snapshot_mapping *largest = value__new_array(p, count, sizeof(*largest));

	for (size_t i = 0; largest && i < count && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (!element)
			return;
		largest[i].start = value__number(p, element, "start");
		largest[i].name = value__text(p, element, "name");
		largest[i].size_bytes = value__number(p, element, "size_bytes");
		largest[i].rss_bytes = value__number(p, element, "rss_bytes");
		largest[i].swap_bytes = value__number(p, element, "swap_bytes");
	}
	to->largest = largest;
	to->largest_count = largest ? count : 0;
}

static void get_process(struct jsonl_parser *p, struct json_object *o, struct record_snapshot_process *to)
{
	struct json_object *total = value__object(p, o, "total"), *rest = value__object(p, o, "rest");
	bool rest_has_mappings;

	to->pid = value__number32(p, o, "pid");
	to->comm = value__text(p, o, "comm");
	to->threads = value__number32(p, o, "threads");
	to->has_total = total;
	if (total)
		get_sum(p, total, &to->has_mappings, &to->total);
	if (rest)
		get_sum(p, rest, &rest_has_mappings, &to->rest);
	get_parts(p, o, to);
	to->has_parts = to->part_count && !value__flag(p, o, "incomplete");
	get_largest(p, o, to);
}

static const struct cgroup_memory *parse_memory(struct jsonl_parser *p, struct json_object *o)
{
	struct json_object *from = value__object(p, o, "memory");
	struct cgroup_memory *memory = from ? value__new_array(p, 1, sizeof(*memory)) : NULL;

	for (size_t i = 0; memory && i < ARRAY_SIZE(memory_items); i++)
		*(uint64_t *)((char *)memory + memory_items[i].at) =
			value__number(p, from, memory_items[i].key);
	return memory;
}

static void get_files(struct jsonl_parser *p, struct json_object *o, struct record_snapshot *to)
{
	struct json_object *list, *found;
	size_t count = value__array(p, o, "files", &list);
	struct record_snapshot_file *files = value__new_array(p, count, sizeof(*files));

	for (size_t i = 0; files && i < count && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (!element)
			return;
		files[i].path = value__text(p, element, "path");
		files[i].cached_bytes = value__number(p, element, "cached_bytes");
		files[i].pid = value__number32(p, element, "pid");
		files[i].comm = value__text(p, element, "comm");
		if (!files[i].path)
			value__fail(p, -EINVAL);
	}
	to->has_files = json_object_object_get_ex(o, "files", &found);
	to->files = files;
	to->file_count = files ? count : 0;
}

void snapshot_json__parse(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct json_object *list;
	size_t count = value__array(p, o, "processes", &list);
	struct record_snapshot_process *processes = value__new_array(p, count, sizeof(*processes));
	struct record_snapshot s = {
		.cgroup_id = value__number(p, o, "cgroup_id"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = parse_parts__container(p, o),
		.percent = value__number32(p, o, "percent"),
		.usage_bytes = value__number(p, o, "usage_bytes"),
		.max_bytes = value__number(p, o, "max_bytes"),
		.since_mark_ns = value__number(p, o, "since_mark_ns"),
		.duration_ns = value__optional(p, o, "duration_ns"),
		.again = value__flag(p, o, "again"),
		.frozen = value__flag(p, o, "frozen"),
		.seen = value__number(p, o, "count"),
		.more = value__flag(p, o, "more"),
		.processes = processes,
		.process_count = processes ? count : 0,
		.memory = parse_memory(p, o),
		.tmpfs = tmpfs_json__parse(p, o),
	};

	get_files(p, o, &s);
	parse_parts__find_prefix(&s.container.ref, s.cgroup);
	for (size_t i = 0; processes && i < count && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (element)
			get_process(p, element, &processes[i]);
	}
	record->snapshot = s;
}

static void get_before_part(struct jsonl_parser *p, struct json_object *o, struct record_before_part *part)
{
	const char *kind = value__text(p, o, "kind");

	part->name = value__text(p, o, "name");
	part->is_tmpfs = kind && !strcmp(kind, TMPFS);
	part->is_cache = kind && !strcmp(kind, CACHE);
	if (!part->is_tmpfs && !part->is_cache)
		part->kind = kind_named(p, kind);
	else if (!part->name)
		value__fail(p, -EINVAL);
	part->is_machine = part->is_tmpfs && value__flag(p, o, "machine");
	part->is_copy = value__flag(p, o, "copied");
	part->pid = part->is_tmpfs ? value__optional32(p, o, "pid") : value__number32(p, o, "pid");
	part->comm = value__text(p, o, "comm");
	part->bytes = value__number(p, o, "bytes");
	part->at_least = value__flag(p, o, "incomplete");
	part->has_growth = value__has_signed(p, o, "growth_bytes", &part->growth_bytes);
}

const struct record_before *snapshot_json__parse_before(struct jsonl_parser *p, struct json_object *o)
{
	struct json_object *from = value__object(p, o, "before"), *list;
	struct record_before *before = from ? value__new_array(p, 1, sizeof(*before)) : NULL;
	size_t count;

	if (!before)
		return NULL;
	before->percent = value__number32(p, from, "percent");
	before->since_ns = value__number(p, from, "since_ns");
	before->growth_ns = value__optional(p, from, "growth_ns");
	before->memory = parse_memory(p, from);
	before->has_cache_growth =
		value__has_signed(p, from, "cache_growth_bytes", &before->cache_growth_bytes);
	count = value__array(p, from, "largest", &list);
	for (size_t i = 0; i < count && i < RECORD_BEFORE_PARTS && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (element)
			get_before_part(p, element, &before->parts[before->count++]);
	}
	return before;
}
