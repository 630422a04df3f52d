// SPDX-License-Identifier: GPL-2.0-only
/* Who sent SIGKILL. Its counterpart is parse_signal.c. */
#include "jsonl/member.h"
#include "jsonl/write_parts.h"
#include "record/names.h"

static void add_sender(struct json_object *o, const struct record_sender *s)
{
	struct json_object *sender = json_object_new_object();

	member__number(sender, "pid", s->pid);
	member__number(sender, "tid", s->tid);
	member__number(sender, "ppid", s->ppid);
	member__number(sender, "uid", s->uid);
	member__text(sender, "comm", s->comm);
	member__text(sender, "parent_comm", s->parent_comm);
	if (s->cmdline)
		write_parts__cmdline(sender, s->cmdline, s->cmdline_len);
	if (s->cmdline_cut)
		member__flag(sender, "cmdline_cut", true);
	member__text(sender, "cgroup", s->cgroup);
	member__container(sender, "container", &s->container);
	member__add(o, "sender", sender);
}

void write_signal__stop(struct json_object *o, const struct record_stop *s)
{
	struct json_object *stop, *sender;

	if (!s->signal)
		return;
	stop = json_object_new_object();
	sender = json_object_new_object();
	member__signed(stop, "signal", s->signal);
	member__number(stop, "before_ns", s->before_ns);
	member__flag(stop, "ignored", s->ignored);
	member__number(sender, "pid", s->pid);
	member__text(sender, "comm", s->comm);
	member__add(stop, "sender", sender);
	member__add(o, "stop", stop);
}

static void add_killer(struct json_object *o, const struct record_killer *killer)
{
	member__text(o, "way", record_names__way(killer->way));
	if (killer->by_kernel)
		member__flag(o, "by_kernel", true);
	add_sender(o, &killer->sender);
	write_signal__stop(o, &killer->stop);
}

void write_signal__killer(struct json_object *o, const char *key, const struct record_killer *killer)
{
	struct json_object *object = json_object_new_object();

	add_killer(object, killer);
	member__add(o, key, object);
}

void write_signal__record(struct json_object *o, const struct record *record)
{
	const struct record_sigkill *s = &record->sigkill;

	member__number(o, "pid", s->pid);
	member__number(o, "tid", s->tid);
	member__text(o, "comm", s->comm);
	if (s->init)
		member__flag(o, "init", true);
	member__text(o, "cgroup", s->cgroup);
	member__container(o, "container", &s->container);
	add_killer(o, &s->killer);
}
