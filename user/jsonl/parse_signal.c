// SPDX-License-Identifier: GPL-2.0-only
/* Who sent SIGKILL. Its counterpart is write_signal.c. */
#include "jsonl/parse_parts.h"
#include "record/names.h"

DEFINE_NAMED(way_named, enum record_kill_way, record_names__way, KILL_WAY_KILL, KILL_WAY_OOM_KILLER)

static void get_sender(struct jsonl_parser *p, struct json_object *o, struct record_sender *s)
{
	struct json_object *from = value__object(p, o, "sender");

	if (!from) {
		value__fail(p, -EINVAL);
		return;
	}
	s->pid = value__number32(p, from, "pid");
	s->tid = value__number32(p, from, "tid");
	s->ppid = value__number32(p, from, "ppid");
	s->uid = value__number32(p, from, "uid");
	s->comm = value__text(p, from, "comm");
	s->parent_comm = value__text(p, from, "parent_comm");
	s->cmdline = parse_parts__cmdline(p, from, &s->cmdline_len);
	s->cmdline_cut = value__flag(p, from, "cmdline_cut");
	s->cgroup = value__text(p, from, "cgroup");
	s->container = parse_parts__container(p, from);
	parse_parts__find_prefix(&s->container.ref, s->cgroup);
}

void parse_signal__stop(struct jsonl_parser *p, struct json_object *o, struct record_stop *s)
{
	struct json_object *from = value__object(p, o, "stop"), *sender;

	if (!from)
		return;
	sender = value__object(p, from, "sender");
	s->signal = value__signed32(p, from, "signal");
	s->before_ns = value__number(p, from, "before_ns");
	s->ignored = value__flag(p, from, "ignored");
	if (s->signal < 1 || s->signal > EVENT_SIGNAL_MAX || !sender) {
		value__fail(p, -EINVAL);
		return;
	}
	s->pid = value__number32(p, sender, "pid");
	s->comm = value__text(p, sender, "comm");
}

static void get_killer(struct jsonl_parser *p, struct json_object *o, struct record_killer *killer)
{
	const char *way = value__text(p, o, "way");

	if (way)
		killer->way = way_named(p, way);
	killer->by_kernel = value__flag(p, o, "by_kernel");
	get_sender(p, o, &killer->sender);
	parse_signal__stop(p, o, &killer->stop);
}

const struct record_killer *parse_signal__killer(struct jsonl_parser *p, struct json_object *o,
						 const char *key)
{
	struct json_object *from = value__object(p, o, key);
	struct record_killer *killer = from ? value__new_array(p, 1, sizeof(*killer)) : NULL;

	if (killer)
		get_killer(p, from, killer);
	return killer;
}

void parse_signal__record(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_sigkill s = {
		.pid = value__number32(p, o, "pid"),
		.tid = value__number32(p, o, "tid"),
		.comm = value__text(p, o, "comm"),
		.init = value__flag(p, o, "init"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = parse_parts__container(p, o),
	};

	parse_parts__find_prefix(&s.container.ref, s.cgroup);
	get_killer(p, o, &s.killer);
	record->sigkill = s;
}
