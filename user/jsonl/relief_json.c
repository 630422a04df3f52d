// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/relief_json.h"

#include "jsonl/member.h"
#include "jsonl/parse_parts.h"

/* What a log says. */
static void add_left(struct json_object *o, const struct record_relief *relief)
{
	member__text(o, "by", "oom_reaper");
	member__flag(o, "reaped", !relief->unable);
	if (!relief->has_left)
		return;
	member__number(o, "left_anon_bytes", relief->left_anon_bytes);
	member__number(o, "left_file_bytes", relief->left_file_bytes);
	member__number(o, "left_shmem_bytes", relief->left_shmem_bytes);
}

static void add_live(struct json_object *o, const struct record_relief *relief)
{
	member__text(o, "by", relief->by_exit ? "exit" : "oom_reaper");
	member__number(o, "since_kill_ns", relief->since_kill_ns);
	member__text(o, "cgroup", relief->cgroup);
	member__container(o, "container", &relief->container);
	if (relief->has_usage) {
		member__number(o, "usage_before_bytes", relief->usage_before_bytes);
		member__number(o, "usage_after_bytes", relief->usage_after_bytes);
		member__limit(o, "max_bytes", relief->max_bytes);
	}
	member__number(o, "kills_meanwhile", relief->kills_meanwhile);
	if (!relief->needless_kills)
		return;
	member__number(o, "needless_kills", relief->needless_kills);
	member__number(o, "needless_bytes", relief->needless_bytes);
}

void relief_json__write(struct json_object *o, const struct record *record)
{
	const struct record_relief *relief = &record->relief;

	member__number(o, "oom_id", relief->oom_id);
	member__number(o, "pid", relief->pid);
	member__text(o, "comm", relief->comm);
	if (relief->live)
		add_live(o, relief);
	else
		add_left(o, relief);
}

static void get_live(struct jsonl_parser *p, struct json_object *o, struct record_relief *relief)
{
	const char *by = value__text(p, o, "by");

	relief->by_exit = by && !strcmp(by, "exit");
	relief->cgroup = value__text(p, o, "cgroup");
	relief->container = parse_parts__container(p, o);
	parse_parts__find_prefix(&relief->container.ref, relief->cgroup);
	relief->has_usage = value__has_number(p, o, "usage_before_bytes", &relief->usage_before_bytes);
	if (relief->has_usage) {
		relief->usage_after_bytes = value__number(p, o, "usage_after_bytes");
		relief->max_bytes = value__limit(p, o, "max_bytes");
	}
	relief->kills_meanwhile = value__number(p, o, "kills_meanwhile");
	relief->needless_kills = value__optional(p, o, "needless_kills");
	relief->needless_bytes = value__optional(p, o, "needless_bytes");
}

void relief_json__parse(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_relief relief = {
		.oom_id = value__number(p, o, "oom_id"),
		.pid = value__number32(p, o, "pid"),
		.comm = value__text(p, o, "comm"),
	};

	relief.live = value__has_number(p, o, "since_kill_ns", &relief.since_kill_ns);
	if (relief.live) {
		get_live(p, o, &relief);
	} else {
		relief.unable = !value__flag(p, o, "reaped");
		relief.has_left = value__has_number(p, o, "left_anon_bytes", &relief.left_anon_bytes);
	}
	if (relief.has_left) {
		relief.left_file_bytes = value__number(p, o, "left_file_bytes");
		relief.left_shmem_bytes = value__number(p, o, "left_shmem_bytes");
	}
	record->relief = relief;
}
