// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/children_json.h"

#include "jsonl/member.h"
#include "jsonl/parse_parts.h"

static struct json_object *new_child(const struct record_child *child)
{
	struct json_object *o = json_object_new_object();

	member__text(o, "cgroup", child->cgroup);
	member__container(o, "container", &child->container);
	if (child->exact)
		member__flag(o, "exact", true);
	member__number(o, "usage_bytes", child->usage_bytes);
	member__limit(o, "max_bytes", child->max_bytes);
	if (child->has_before) {
		member__number(o, "before_bytes", child->before_bytes);
		member__number(o, "before_ns", child->before_ns);
	}
	return o;
}

void children_json__write(struct json_object *o, const struct record_children *children)
{
	struct json_object *to, *list;

	if (!children)
		return;
	to = json_object_new_object();
	list = json_object_new_array();
	member__number(to, "count", children->count);
	member__number(to, "read", children->read);
	member__number(to, "read_after_ns", children->read_after_ns);
	if (children->has_rest) {
		member__number(to, "rest_bytes", children->rest_bytes);
		member__number(to, "removed", children->removed);
	}
	for (size_t i = 0; i < children->largest_count; i++)
		json_object_array_add(list, new_child(&children->largest[i]));
	member__add(to, "largest", list);
	member__add(o, "children", to);
}

static void get_child(struct jsonl_parser *p, struct json_object *o, struct record_child *child)
{
	child->cgroup = value__text(p, o, "cgroup");
	child->container = parse_parts__container(p, o);
	parse_parts__find_prefix(&child->container.ref, child->cgroup);
	child->exact = value__flag(p, o, "exact");
	child->usage_bytes = value__number(p, o, "usage_bytes");
	child->max_bytes = value__limit(p, o, "max_bytes");
	child->has_before = value__has_number(p, o, "before_bytes", &child->before_bytes);
	if (child->has_before)
		child->before_ns = value__number(p, o, "before_ns");
}

const struct record_children *children_json__parse(struct jsonl_parser *p, struct json_object *o)
{
	struct json_object *from = value__object(p, o, "children"), *list;
	struct record_children *c = from ? value__new_array(p, 1, sizeof(*c)) : NULL;
	struct record_child *children;
	size_t count;

	if (!c)
		return NULL;
	c->count = value__number(p, from, "count");
	c->read = value__number(p, from, "read");
	c->read_after_ns = value__number(p, from, "read_after_ns");
	c->has_rest = value__has_number(p, from, "rest_bytes", &c->rest_bytes);
	if (c->has_rest)
		c->removed = value__number(p, from, "removed");
	count = value__array(p, from, "largest", &list);
	children = value__new_array(p, count, sizeof(*children));
	for (size_t i = 0; children && i < count && !p->error; i++) {
		struct json_object *element = value__element(p, list, i);

		if (element)
			get_child(p, element, &children[i]);
	}
	c->largest = children;
	c->largest_count = children ? count : 0;
	return c;
}
