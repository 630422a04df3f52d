// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/candidates_json.h"

#include "jsonl/member.h"
#include "jsonl/parse_parts.h"

static void add_sizes(struct json_object *o, const struct record_candidate *c)
{
	if (c->has_total_vm)
		member__number(o, c->in_pages ? "total_vm_pages" : "total_vm_bytes", c->total_vm);
	if (c->has_rss)
		member__number(o, c->in_pages ? "rss_pages" : "rss_bytes", c->rss);
	if (c->has_kinds) {
		member__number(o, "anon_rss_bytes", c->anon_rss_bytes);
		member__number(o, "file_rss_bytes", c->file_rss_bytes);
		member__number(o, "shmem_rss_bytes", c->shmem_rss_bytes);
	}
	if (c->has_swap)
		member__number(o, c->in_pages ? "swap_pages" : "swap_bytes", c->swap);
	if (c->has_pgtables)
		member__number(o, "pgtables_bytes", c->pgtables_bytes);
}

static struct json_object *new_candidate(const struct record_candidate *c)
{
	struct json_object *o = json_object_new_object();

	member__number(o, "pid", c->pid);
	member__text(o, "comm", c->comm);
	if (c->has_uid)
		member__number(o, "uid", c->uid);
	if (c->has_points)
		member__signed(o, "points", c->points);
	if (c->has_counted)
		member__number(o, "counted_bytes", c->counted_bytes);
	add_sizes(o, c);
	if (c->has_adj)
		member__signed(o, "oom_score_adj", c->oom_score_adj);
	member__text(o, "cgroup", c->cgroup);
	member__container(o, "container", &c->container);
	return o;
}

static struct json_object *new_list(const struct record_candidate *candidates, size_t count)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(list, new_candidate(&candidates[i]));
	return list;
}

static struct json_object *new_program(const struct record_program *program)
{
	struct json_object *o = json_object_new_object();

	member__text(o, "comm", program->comm);
	member__number(o, "count", program->count);
	member__number(o, "counted_bytes", program->counted_bytes);
	return o;
}

static void add_programs(struct json_object *to, const struct record_candidates *candidates)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < candidates->program_count; i++)
		json_object_array_add(list, new_program(&candidates->programs[i]));
	member__add(to, "programs", list);
	if (candidates->other.count)
		member__add(to, "other_programs", new_program(&candidates->other));
}

void candidates_json__write(struct json_object *o, const struct record_candidates *candidates)
{
	struct json_object *to;

	if (!candidates)
		return;
	to = json_object_new_object();
	member__number(to, "count", candidates->count);
	member__number(to, "unkillable", candidates->unkillable);
	if (candidates->has_counted)
		member__number(to, "counted_bytes", candidates->counted_bytes);
	member__add(to, "top", new_list(candidates->first, candidates->first_count));
	if (candidates->spared_count)
		member__add(to, "spared", new_list(candidates->spared, candidates->spared_count));
	if (candidates->program_count)
		add_programs(to, candidates);
	member__add(o, "candidates", to);
}

static bool has_number32(struct jsonl_parser *p, struct json_object *o, const char *key, uint32_t *out)
{
	uint64_t number;

	if (!value__has_number(p, o, key, &number))
		return false;
	*out = value__number32(p, o, key);
	return true;
}

static void get_sizes(struct jsonl_parser *p, struct json_object *o, bool from_log,
		      struct record_candidate *c)
{
	c->has_rss = c->in_pages = value__has_number(p, o, "rss_pages", &c->rss);
	if (!c->in_pages)
		c->has_rss = value__has_number(p, o, "rss_bytes", &c->rss);
	c->has_total_vm =
		value__has_number(p, o, c->in_pages ? "total_vm_pages" : "total_vm_bytes", &c->total_vm);
	c->has_swap = value__has_number(p, o, c->in_pages ? "swap_pages" : "swap_bytes", &c->swap);
	c->has_pgtables = value__has_number(p, o, "pgtables_bytes", &c->pgtables_bytes);
	if (from_log && (!c->has_rss || !c->has_total_vm))
		value__fail(p, -EINVAL);
	c->has_kinds = value__has_number(p, o, "anon_rss_bytes", &c->anon_rss_bytes);
	if (!c->has_kinds)
		return;
	c->file_rss_bytes = value__number(p, o, "file_rss_bytes");
	c->shmem_rss_bytes = value__number(p, o, "shmem_rss_bytes");
}

static void get_candidate(struct jsonl_parser *p, struct json_object *o, bool from_log,
			  struct record_candidate *c)
{
	int64_t adj;

	c->pid = value__number32(p, o, "pid");
	c->comm = value__text(p, o, "comm");
	c->has_uid = has_number32(p, o, "uid", &c->uid);
	c->has_points = value__has_signed(p, o, "points", &c->points);
	c->has_counted = value__has_number(p, o, "counted_bytes", &c->counted_bytes);
	get_sizes(p, o, from_log, c);
	c->has_adj = value__has_signed(p, o, "oom_score_adj", &adj);
	if (c->has_adj)
		c->oom_score_adj = value__signed32(p, o, "oom_score_adj");
	c->cgroup = value__text(p, o, "cgroup");
	c->container = parse_parts__container(p, o);
	parse_parts__find_prefix(&c->container.ref, c->cgroup);
}

static const struct record_candidate *get_list(struct jsonl_parser *p, struct json_object *o, const char *key,
					       bool from_log, size_t *out)
{
	struct json_object *list;
	size_t count = value__array(p, o, key, &list);
	struct record_candidate *first = value__new_array(p, count, sizeof(*first));

	for (size_t i = 0; first && i < count && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (element)
			get_candidate(p, element, from_log, &first[i]);
	}
	*out = first ? count : 0;
	return first;
}

static void get_program(struct jsonl_parser *p, struct json_object *o, struct record_program *program)
{
	program->comm = value__text(p, o, "comm");
	program->count = value__number(p, o, "count");
	program->counted_bytes = value__number(p, o, "counted_bytes");
}

static void get_programs(struct jsonl_parser *p, struct json_object *from, struct record_candidates *c)
{
	struct json_object *list, *other = value__object(p, from, "other_programs");
	size_t count = value__array(p, from, "programs", &list);
	struct record_program *programs = value__new_array(p, count, sizeof(*programs));

	for (size_t i = 0; programs && i < count && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (element)
			get_program(p, element, &programs[i]);
		if (!programs[i].comm)
			value__fail(p, -EINVAL);
	}
	if (other)
		get_program(p, other, &c->other);
	c->programs = count ? programs : NULL;
	c->program_count = programs ? count : 0;
}

const struct record_candidates *candidates_json__parse(struct jsonl_parser *p, struct json_object *o,
						       bool from_log)
{
	struct json_object *from = value__object(p, o, "candidates");
	struct record_candidates *c = from ? value__new_array(p, 1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	c->count = value__number(p, from, "count");
	c->unkillable = value__number(p, from, "unkillable");
	c->has_counted = value__has_number(p, from, "counted_bytes", &c->counted_bytes);
	c->first = get_list(p, from, "top", from_log, &c->first_count);
	c->spared = get_list(p, from, "spared", from_log, &c->spared_count);
	get_programs(p, from, c);
	return c;
}
