// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/hook_json.h"

#include "jsonl/member.h"
#include "jsonl/parse_parts.h"
#include "record/names.h"

DEFINE_NAMED(event_named, enum record_hook_event, record_names__hook_event, HOOK_EVENT_OOM,
	     HOOK_EVENT_NEAR_LIMIT)
DEFINE_NAMED(result_named, enum record_hook_result, record_names__hook_result, HOOK_RESULT_ENDED,
	     HOOK_RESULT_FAILED)

void hook_json__write_near_limit(struct json_object *o, const struct record *record)
{
	const struct record_near_limit *n = &record->near_limit;

	member__number(o, "cgroup_id", n->cgroup_id);
	member__text(o, "cgroup", n->cgroup);
	member__container(o, "container", &n->container);
	member__number(o, "usage_bytes", n->usage_bytes);
	member__number(o, "max_bytes", n->max_bytes);
	member__number(o, "percent", n->percent);
	if (!n->pid)
		return;
	member__number(o, "pid", n->pid);
	member__text(o, "comm", n->comm);
}

void hook_json__parse_near_limit(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_near_limit n = {
		.cgroup_id = value__number(p, o, "cgroup_id"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = parse_parts__container(p, o),
		.usage_bytes = value__number(p, o, "usage_bytes"),
		.max_bytes = value__number(p, o, "max_bytes"),
		.percent = value__number32(p, o, "percent"),
		.pid = value__optional32(p, o, "pid"),
		.comm = value__text(p, o, "comm"),
	};

	parse_parts__find_prefix(&n.container.ref, n.cgroup);
	record->near_limit = n;
}

void hook_json__write(struct json_object *o, const struct record *record)
{
	const struct record_hook *h = &record->hook;

	member__text(o, "event", record_names__hook_event(h->event));
	member__text(o, "cgroup", h->cgroup);
	member__container(o, "container", &h->container);
	member__text(o, "program", h->program);
	member__text(o, "result", record_names__hook_result(h->result));
	if (h->result == HOOK_RESULT_ENDED)
		member__number(o, "status", h->status);
	member__text(o, "reason", h->reason);
	if (h->has_start) {
		member__number(o, "since_event_ns", h->since_event_ns);
		member__number(o, "duration_ns", h->duration_ns);
	}
	if (h->frozen_ns)
		member__number(o, "frozen_ns", h->frozen_ns);
	if (h->stays_frozen)
		member__flag(o, "stays_frozen", true);
	member__text(o, "not_frozen", h->not_frozen);
}

void hook_json__parse(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_hook h = {
		.event = event_named(p, value__text(p, o, "event")),
		.cgroup = value__text(p, o, "cgroup"),
		.container = parse_parts__container(p, o),
		.program = value__text(p, o, "program"),
		.result = result_named(p, value__text(p, o, "result")),
		.reason = value__text(p, o, "reason"),
		.frozen_ns = value__optional(p, o, "frozen_ns"),
		.stays_frozen = value__flag(p, o, "stays_frozen"),
		.not_frozen = value__text(p, o, "not_frozen"),
	};

	parse_parts__find_prefix(&h.container.ref, h.cgroup);
	if (h.result == HOOK_RESULT_ENDED)
		h.status = value__number32(p, o, "status");
	h.has_start = value__has_number(p, o, "since_event_ns", &h.since_event_ns);
	if (h.has_start)
		h.duration_ns = value__number(p, o, "duration_ns");
	if (!h.program)
		value__fail(p, -EINVAL);
	record->hook = h;
}
