// SPDX-License-Identifier: GPL-2.0-only
/* Its counterpart is parse_oom.c: a key that is written here is read there. */
#include <string.h>

#include "jsonl/candidates_json.h"
#include "jsonl/snapshot_json.h"
#include "jsonl/children_json.h"
#include "jsonl/member.h"
#include "jsonl/write_log.h"
#include "jsonl/write_parts.h"
#include "jsonl/tmpfs_json.h"
#include "record/gfp.h"
#include "record/names.h"
#include "record/sink.h"

static struct json_object *new_memory(const struct record_memory *memory)
{
	struct json_object *o = json_object_new_object();

	for (int i = 0; i < MEMORY_ITEMS; i++) {
		if (memory->known & 1u << i)
			member__number(o, record_names__memory((enum memory_item)i), memory->bytes[i]);
	}
	if (memory->exact)
		member__flag(o, "exact", true);
	return o;
}

static struct json_object *new_reclaim_sum(const struct record_reclaim_sum *sum)
{
	struct json_object *o = json_object_new_object();

	write_parts__reclaim_sum(o, sum);
	return o;
}

/* A point is an array and not an object: there are hundreds. */
static struct json_object *new_point(const struct record_point *point)
{
	const struct record_memory_kinds *kinds = &point->kinds;
	struct json_object *o = json_object_new_array();

	json_object_array_add(o, json_object_new_uint64(point->ts_ns));
	json_object_array_add(o, json_object_new_uint64(point->usage_bytes));
	json_object_array_add(o, point->max_bytes == RECORD_NO_LIMIT
					 ? json_object_new_string("max")
					 : json_object_new_uint64(point->max_bytes));
	if (!kinds->has_kernel && !kinds->has_sock)
		return o;
	json_object_array_add(o, kinds->has_kernel ? json_object_new_uint64(kinds->kernel_bytes) : NULL);
	json_object_array_add(o, kinds->has_sock ? json_object_new_uint64(kinds->sock_bytes) : NULL);
	json_object_array_add(o, json_object_new_boolean(kinds->exact));
	return o;
}

static struct json_object *new_history(const struct record_history *history)
{
	struct json_object *o = json_object_new_object();
	struct json_object *points = json_object_new_array();
	bool kernel_is_least = false;

	member__number(o, "cgroup_id", history->cgroup_id);
	member__text(o, "cgroup", history->cgroup);
	for (size_t i = 0; i < history->count; i++) {
		json_object_array_add(points, new_point(&history->points[i]));
		kernel_is_least |= history->points[i].kinds.kernel_is_least;
	}
	member__add(o, "points", points);
	if (kernel_is_least)
		member__flag(o, "kernel_least", true);
	if (history->has_growth)
		member__signed(o, "growth_bytes_per_s", history->growth_bytes_per_s);
	member__add(o, "reclaim", new_reclaim_sum(&history->reclaim));
	member__add(o, "throttle", new_reclaim_sum(&history->throttle));
	member__number(o, "failed", history->failed);
	return o;
}

static void add_cmdline(struct json_object *o, const struct record_victim *v)
{
	write_parts__cmdline(o, v->cmdline, v->cmdline_len);
	member__text(o, "cmdline_source", v->cmdline_source);
	if (v->cmdline_cut)
		member__flag(o, "cmdline_cut", true);
}

static void add_reaper(struct json_object *o, const struct record_victim *v)
{
	struct json_object *left;

	if (v->unable_to_reap)
		member__flag(o, "unable_to_reap", true);
	if (!v->reaped)
		return;
	left = json_object_new_object();
	if (v->has_left) {
		member__number(left, "anon_rss_bytes", v->left_anon_bytes);
		member__number(left, "file_rss_bytes", v->left_file_bytes);
		member__number(left, "shmem_rss_bytes", v->left_shmem_bytes);
	}
	member__add(o, "reaped", left);
}

static struct json_object *new_victim(const struct record_victim *v)
{
	struct json_object *o = json_object_new_object();

	bool ids = !(v->unknown & VICTIM_UNKNOWN_IDS);

	if (ids)
		member__number(o, "ts_ns", v->ts_ns);
	member__number(o, "pid", v->pid);
	if (ids) {
		member__number(o, "tid", v->tid);
		member__number(o, "ppid", v->ppid);
		member__number(o, "ns_pid", v->ns_pid);
	}
	member__text(o, "comm", v->comm);
	if (v->cmdline)
		add_cmdline(o, v);
	if (!(v->unknown & VICTIM_UNKNOWN_UID))
		member__number(o, "uid", v->uid);
	if (!(v->unknown & VICTIM_UNKNOWN_ADJ))
		member__signed(o, "oom_score_adj", v->oom_score_adj);
	if (v->has_points)
		member__signed(o, "points", v->points);
	if (v->has_mm) {
		member__number(o, "total_vm_bytes", v->total_vm_bytes);
		member__number(o, "anon_rss_bytes", v->anon_rss_bytes);
		member__number(o, "file_rss_bytes", v->file_rss_bytes);
		if (!(v->unknown & VICTIM_UNKNOWN_SHMEM))
			member__number(o, "shmem_rss_bytes", v->shmem_rss_bytes);
		if (!(v->unknown & VICTIM_UNKNOWN_PGTABLES))
			member__number(o, "pgtables_bytes", v->pgtables_bytes);
		if (!(v->unknown & VICTIM_UNKNOWN_SWAP))
			member__number(o, "swap_bytes", v->swap_bytes);
		if (ids)
			member__flag(o, "rss_exact", v->rss_exact);
	}
	member__text(o, "cgroup", v->cgroup);
	member__container(o, "container", &v->container);
	if (ids)
		member__flag(o, "init", v->init);
	member__text(o, "role", record_names__role(v->role));
	if (v->repeated)
		member__flag(o, "repeated", true);
	add_reaper(o, v);
	return o;
}

static void add_trigger(struct json_object *o, const struct record_oom *oom)
{
	struct json_object *trigger = json_object_new_object();
	char gfp[GFP_TEXT_SIZE];

	if (oom->log) {
		write_log__trigger(trigger, oom);
		member__add(o, "trigger", trigger);
		return;
	}
	member__number(trigger, "pid", oom->trigger_pid);
	member__number(trigger, "tid", oom->trigger_tid);
	member__text(trigger, "comm", oom->trigger_comm);
	member__text(trigger, "cgroup", oom->trigger_cgroup);
	member__container(trigger, "container", &oom->trigger_container);
	member__text(trigger, "gfp", gfp__format(gfp, sizeof(gfp), oom->gfp_mask));
	member__number(trigger, "gfp_mask", oom->gfp_mask);
	member__signed(trigger, "order", oom->order);
	member__add(o, "trigger", trigger);
}

static void add_cause(struct json_object *o, const struct record_oom *oom)
{
	struct json_object *cause;

	if (!record_names__cause(oom->cause))
		return;
	cause = json_object_new_object();
	member__text(cause, "kind", record_names__cause(oom->cause));
	if (oom->cause_not_known)
		member__text(cause, "reason", record_names__not_known(oom->cause_not_known));
	if (oom->cause_limit_id)
		member__number(cause, "limit_id", oom->cause_limit_id);
	if (oom->cause_since_ns)
		member__number(cause, "since_ns", oom->cause_since_ns);
	member__add(o, "cause", cause);
}

static void add_run(struct json_object *o, const struct record_oom *oom)
{
	member__text(o, "constraint", oom->constraint);
	if (oom->constraint || !oom->log)
		member__flag(o, "whole_machine", oom->whole_machine);
	if (oom->sysrq)
		member__flag(o, "sysrq", true);
	add_cause(o, oom);
	if (!oom->log) {
		member__number(o, "totalpages_bytes", oom->totalpages_bytes);
		member__number(o, "waits", oom->waits);
	}
	if (oom->repeats)
		member__number(o, "repeats", oom->repeats);
	if (oom->trigger_comm)
		add_trigger(o, oom);
}

void write_oom__record(struct json_object *o, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	struct json_object *victims = json_object_new_array();

	member__number(o, "id", oom->id);
	member__text(o, "outcome",
		     oom->log && oom->log->is_panic ? "panic" : record_names__outcome(oom->outcome));
	if (oom->started_ns)
		member__number(o, "started_ns", oom->started_ns);
	if (oom->duration_ns)
		member__number(o, "duration_ns", oom->duration_ns);
	if (oom->trigger_comm || oom->log)
		add_run(o, oom);
	if (oom->limit) {
		struct json_object *limit = write_parts__new_level(oom->limit);

		member__container(limit, "container", &oom->limit_container);
		if (oom->log)
			write_log__limit(limit, oom->log);
		member__add(o, "limit_cgroup", limit);
	}
	for (size_t i = 0; i < oom->victim_count; i++)
		json_object_array_add(victims, new_victim(&oom->victims[i]));
	member__add(o, "victims", victims);
	member__number(o, "killed", oom->killed);
	if (oom->chain_count || !oom->log)
		member__add(o, "chain", write_parts__new_chain(oom->chain, oom->chain_count));
	if (oom->memory)
		member__add(o, "memory", new_memory(oom->memory));
	if (oom->history)
		member__add(o, "history", new_history(oom->history));
	candidates_json__write(o, oom->candidates);
	snapshot_json__write_before(o, oom->before);
	children_json__write(o, oom->children);
	tmpfs_json__write(o, oom->tmpfs);
	if (oom->in_flight_victims) {
		struct json_object *in_flight = json_object_new_object();

		member__number(in_flight, "victims", oom->in_flight_victims);
		member__number(in_flight, "bytes", oom->in_flight_bytes);
		member__add(o, "in_flight", in_flight);
	}
	write_log__machine(o, oom->machine);
	if (oom->log)
		write_log__members(o, oom->log);
	if (oom->joined_late)
		member__flag(o, "joined_late", true);
	if (oom->incomplete)
		member__flag(o, "incomplete", true);
	if (oom->missing)
		member__number(o, "victims_missing", oom->missing);
}
