// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/parse_parts.h"

#include "jsonl/candidates_json.h"
#include "jsonl/snapshot_json.h"
#include "jsonl/children_json.h"
#include "jsonl/tmpfs_json.h"
#include "jsonl/parse_log.h"

#include "record/memory_kinds.h"
#include "record/names.h"

DEFINE_NAMED(role_named, enum record_role, record_names__role, ROLE_CHOSEN, ROLE_EXITING)
DEFINE_NAMED(outcome_named, enum oom_outcome, record_names__outcome, OOM_KILLED, OOM_EXITING)
DEFINE_NAMED(cause_named, enum record_cause, record_names__cause, CAUSE_INSIDE_WRITE, CAUSE_OBSERVER)
DEFINE_NAMED(reason_named, enum record_not_known, record_names__not_known, NOT_KNOWN_OTHER_WRITE,
	     NOT_KNOWN_LATER_WRITE)

static void get_cmdline(struct jsonl_parser *p, struct json_object *o, struct record_victim *v)
{
	v->cmdline = parse_parts__cmdline(p, o, &v->cmdline_len);
	if (!v->cmdline)
		return;
	v->cmdline_cut = value__flag(p, o, "cmdline_cut");
	v->cmdline_source = value__text(p, o, "cmdline_source");
}

/* A figure that a kernel log may not tell. */
static void get_untold(struct jsonl_parser *p, struct json_object *o, const char *key, uint64_t *value,
		       struct record_victim *v, enum record_victim_unknown bit)
{
	if (!value__has_number(p, o, key, value))
		v->unknown |= bit;
}

static void get_reaper(struct jsonl_parser *p, struct json_object *o, struct record_victim *v)
{
	struct json_object *left = value__object(p, o, "reaped");

	v->unable_to_reap = value__flag(p, o, "unable_to_reap");
	v->reaped = left != NULL;
	if (!left)
		return;
	v->has_left = value__has_number(p, left, "anon_rss_bytes", &v->left_anon_bytes);
	if (!v->has_left)
		return;
	v->left_file_bytes = value__number(p, left, "file_rss_bytes");
	v->left_shmem_bytes = value__number(p, left, "shmem_rss_bytes");
}

static void get_victim_ids(struct jsonl_parser *p, struct json_object *o, struct record_victim *v)
{
	v->ts_ns = value__number(p, o, "ts_ns");
	v->tid = value__number32(p, o, "tid");
	v->ppid = value__number32(p, o, "ppid");
	v->ns_pid = value__number32(p, o, "ns_pid");
	v->uid = value__number32(p, o, "uid");
	v->oom_score_adj = value__signed32(p, o, "oom_score_adj");
}

static void get_logged_ids(struct jsonl_parser *p, struct json_object *o, struct record_victim *v)
{
	int64_t adj;

	v->unknown |= VICTIM_UNKNOWN_IDS;
	v->uid = value__optional32(p, o, "uid");
	if (!v->uid && !value__has_number(p, o, "uid", &(uint64_t){ 0 }))
		v->unknown |= VICTIM_UNKNOWN_UID;
	if (value__has_signed(p, o, "oom_score_adj", &adj))
		v->oom_score_adj = value__signed32(p, o, "oom_score_adj");
	else
		v->unknown |= VICTIM_UNKNOWN_ADJ;
	get_reaper(p, o, v);
}

static void get_victim_memory(struct jsonl_parser *p, struct json_object *o, bool from_log,
			      struct record_victim *v)
{
	v->has_mm = value__has_number(p, o, "total_vm_bytes", &v->total_vm_bytes);
	if (!v->has_mm)
		return;
	v->anon_rss_bytes = value__number(p, o, "anon_rss_bytes");
	v->file_rss_bytes = value__number(p, o, "file_rss_bytes");
	if (from_log) {
		get_untold(p, o, "shmem_rss_bytes", &v->shmem_rss_bytes, v, VICTIM_UNKNOWN_SHMEM);
		get_untold(p, o, "pgtables_bytes", &v->pgtables_bytes, v, VICTIM_UNKNOWN_PGTABLES);
		get_untold(p, o, "swap_bytes", &v->swap_bytes, v, VICTIM_UNKNOWN_SWAP);
		return;
	}
	v->shmem_rss_bytes = value__number(p, o, "shmem_rss_bytes");
	v->pgtables_bytes = value__number(p, o, "pgtables_bytes");
	v->swap_bytes = value__number(p, o, "swap_bytes");
	v->rss_exact = value__flag(p, o, "rss_exact");
}

static void get_victim(struct jsonl_parser *p, struct json_object *o, bool from_log, struct record_victim *v)
{
	v->pid = value__number32(p, o, "pid");
	if (from_log)
		get_logged_ids(p, o, v);
	else
		get_victim_ids(p, o, v);
	v->comm = value__text(p, o, "comm");
	get_cmdline(p, o, v);
	v->has_points = value__has_signed(p, o, "points", &v->points);
	get_victim_memory(p, o, from_log, v);
	v->cgroup = value__text(p, o, "cgroup");
	v->container = parse_parts__container(p, o);
	parse_parts__find_prefix(&v->container.ref, v->cgroup);
	v->init = value__flag(p, o, "init");
	v->role = role_named(p, value__text(p, o, "role"));
	v->repeated = value__flag(p, o, "repeated");
}

static void get_victims(struct jsonl_parser *p, struct json_object *o, struct record_oom *oom)
{
	struct json_object *list;
	size_t count = value__array(p, o, "victims", &list);
	struct record_victim *victims = value__new_array(p, count, sizeof(*victims));

	for (size_t i = 0; victims && i < count && !p->error; i++) {
		struct json_object *victim = value__element(p, list, i);

		if (victim)
			get_victim(p, victim, oom->log, &victims[i]);
		oom->victim_count = i + 1;
	}
	oom->victims = victims;
}

static void get_log(struct jsonl_parser *p, struct json_object *o, struct record_oom *oom)
{
	struct json_object *trigger = value__object(p, o, "trigger"),
			   *limit = value__object(p, o, "limit_cgroup");
	struct record_log *log = parse_log__members(p, o);
	const char *outcome = value__text(p, o, "outcome");

	oom->log = log;
	if (!log)
		return;
	log->is_panic = outcome && !strcmp(outcome, "panic");
	if (limit)
		parse_log__limit(p, limit, log);
	if (trigger)
		parse_log__trigger(p, trigger, oom, log);
	oom->constraint = value__text(p, o, "constraint");
	oom->whole_machine = value__flag(p, o, "whole_machine");
	oom->sysrq = value__flag(p, o, "sysrq");
}

static void get_trigger(struct jsonl_parser *p, struct json_object *o, struct record_oom *oom)
{
	struct json_object *trigger = value__object(p, o, "trigger");

	if (!trigger || oom->log)
		return;
	oom->constraint = value__text(p, o, "constraint");
	oom->whole_machine = value__flag(p, o, "whole_machine");
	oom->sysrq = value__flag(p, o, "sysrq");
	oom->totalpages_bytes = value__number(p, o, "totalpages_bytes");
	oom->waits = value__number(p, o, "waits");
	oom->repeats = value__optional(p, o, "repeats");
	oom->trigger_pid = value__number32(p, trigger, "pid");
	oom->trigger_tid = value__number32(p, trigger, "tid");
	oom->trigger_comm = value__text(p, trigger, "comm");
	if (!oom->trigger_comm)
		value__fail(p, -EINVAL);
	oom->trigger_cgroup = value__text(p, trigger, "cgroup");
	oom->trigger_container = parse_parts__container(p, trigger);
	parse_parts__find_prefix(&oom->trigger_container.ref, oom->trigger_cgroup);
	oom->gfp_mask = value__number32(p, trigger, "gfp_mask");
	oom->order = value__signed32(p, trigger, "order");
}

static void get_cause(struct jsonl_parser *p, struct json_object *o, struct record_oom *oom)
{
	struct json_object *cause = value__object(p, o, "cause");
	const char *reason;

	if (!cause)
		return;
	oom->cause = cause_named(p, value__text(p, cause, "kind"));
	reason = value__text(p, cause, "reason");
	oom->cause_not_known = reason ? reason_named(p, reason) : NOT_KNOWN_UNSAID;
	oom->cause_limit_id = value__optional(p, cause, "limit_id");
	oom->cause_since_ns = value__optional(p, cause, "since_ns");
}

static void get_memory(struct jsonl_parser *p, struct json_object *o, struct record_oom *oom)
{
	struct json_object *items = value__object(p, o, "memory");
	struct record_memory *memory = items ? value__new_array(p, 1, sizeof(*memory)) : NULL;

	if (!memory)
		return;
	for (int i = 0; i < MEMORY_ITEMS; i++) {
		if (value__has_number(p, items, record_names__memory((enum memory_item)i), &memory->bytes[i]))
			memory->known |= 1u << i;
	}
	memory->exact = value__flag(p, items, "exact");
	oom->memory = memory;
}

/* An element of an array; NULL: it is missing, or null, or of another type, which fails the record. */
static struct json_object *element_of(struct jsonl_parser *p, struct json_object *list, size_t i,
				      enum json_type type)
{
	struct json_object *value = json_object_array_get_idx(list, i);

	if (!value || json_object_is_type(value, type))
		return value;
	value__fail(p, -EINVAL);
	return NULL;
}

/* Elements 3 to 5 of a point: kernel memory, socket memory, whether these are exact. */
static struct record_memory_kinds get_point_kinds(struct jsonl_parser *p, struct json_object *o,
						  bool kernel_is_least)
{
	struct json_object *kernel = element_of(p, o, 3, json_type_int);
	struct json_object *sock = element_of(p, o, 4, json_type_int);
	struct json_object *exact = element_of(p, o, 5, json_type_boolean);
	struct record_memory_kinds kinds = { .exact = exact && json_object_get_boolean(exact) };

	if (kernel)
		memory_kinds__set_kernel(&kinds, value__unsigned(p, kernel), kernel_is_least);
	if (sock)
		memory_kinds__set_sock(&kinds, value__unsigned(p, sock));
	return kinds;
}

static void get_point(struct jsonl_parser *p, struct json_object *o, bool kernel_is_least,
		      struct record_point *point)
{
	if (!json_object_is_type(o, json_type_array) || json_object_array_length(o) < 3 ||
	    !json_object_is_type(json_object_array_get_idx(o, 0), json_type_int) ||
	    !json_object_is_type(json_object_array_get_idx(o, 1), json_type_int)) {
		value__fail(p, -EINVAL);
		return;
	}
	point->ts_ns = value__unsigned(p, json_object_array_get_idx(o, 0));
	point->usage_bytes = value__unsigned(p, json_object_array_get_idx(o, 1));
	point->max_bytes = value__as_limit(p, json_object_array_get_idx(o, 2));
	point->kinds = get_point_kinds(p, o, kernel_is_least);
}

static void get_history(struct jsonl_parser *p, struct json_object *o, struct record_oom *oom)
{
	struct json_object *h = value__object(p, o, "history"), *list, *sum;
	struct record_history *history = h ? value__new_array(p, 1, sizeof(*history)) : NULL;
	struct record_point *points;
	bool kernel_is_least;
	size_t count;

	if (!history)
		return;
	kernel_is_least = value__flag(p, h, "kernel_least");
	count = value__array(p, h, "points", &list);
	points = value__new_array(p, count, sizeof(*points));
	for (size_t i = 0; points && i < count && !p->error; i++)
		get_point(p, json_object_array_get_idx(list, i), kernel_is_least, &points[i]);
	history->cgroup_id = value__number(p, h, "cgroup_id");
	history->cgroup = value__text(p, h, "cgroup");
	history->points = points;
	history->count = points ? count : 0;
	history->has_growth = value__has_signed(p, h, "growth_bytes_per_s", &history->growth_bytes_per_s);
	sum = value__object(p, h, "reclaim");
	if (sum)
		parse_parts__reclaim_sum(p, sum, &history->reclaim);
	sum = value__object(p, h, "throttle");
	if (sum)
		parse_parts__reclaim_sum(p, sum, &history->throttle);
	history->failed = value__number(p, h, "failed");
	oom->history = history;
}

static void get_limit(struct jsonl_parser *p, struct json_object *o, struct record_oom *oom)
{
	struct json_object *limit_cgroup = value__object(p, o, "limit_cgroup");
	struct record_level *level = limit_cgroup ? value__new_array(p, 1, sizeof(*level)) : NULL;

	if (!level)
		return;
	parse_parts__level(p, limit_cgroup, oom->log, level);
	oom->limit = level;
	oom->limit_container = parse_parts__container(p, limit_cgroup);
	parse_parts__find_prefix(&oom->limit_container.ref, level->path);
}

void parse_oom__record(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_oom oom = { .id = value__number(p, o, "id") };
	const char *outcome = value__text(p, o, "outcome");
	struct json_object *in_flight;

	get_log(p, o, &oom);
	if (!oom.log)
		oom.machine = parse_log__machine(p, o);
	if (oom.log && oom.log->is_panic)
		oom.outcome = OOM_NO_VICTIM;
	else if (outcome)
		oom.outcome = outcome_named(p, outcome);
	oom.started_ns = value__optional(p, o, "started_ns");
	oom.duration_ns = value__optional(p, o, "duration_ns");
	get_trigger(p, o, &oom);
	get_cause(p, o, &oom);
	get_limit(p, o, &oom);
	get_victims(p, o, &oom);
	oom.killed = value__number(p, o, "killed");
	oom.chain = parse_parts__chain(p, o, &oom.chain_count);
	get_memory(p, o, &oom);
	get_history(p, o, &oom);
	if (!oom.log)
		oom.candidates = candidates_json__parse(p, o, false);
	oom.before = snapshot_json__parse_before(p, o);
	oom.children = children_json__parse(p, o);
	oom.tmpfs = tmpfs_json__parse(p, o);
	in_flight = value__object(p, o, "in_flight");
	if (in_flight) {
		oom.in_flight_victims = value__number(p, in_flight, "victims");
		oom.in_flight_bytes = value__number(p, in_flight, "bytes");
	}
	oom.joined_late = value__flag(p, o, "joined_late");
	oom.incomplete = value__flag(p, o, "incomplete");
	oom.missing = value__optional(p, o, "victims_missing");
	record->oom = oom;
}
