// SPDX-License-Identifier: GPL-2.0-only
/* JSON Lines: one record a line, as docs/schema.md describes them. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "record/gfp.h"
#include "record/sink.h"
#include "jsonl/write.h"

struct json_sink {
	struct sink base;
	bool buffered; /* somebody else flushes */
};

static void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static void add_number(struct json_object *o, const char *key, uint64_t value)
{
	add(o, key, json_object_new_uint64(value));
}

static void add_signed(struct json_object *o, const char *key, int64_t value)
{
	add(o, key, json_object_new_int64(value));
}

static void add_flag(struct json_object *o, const char *key, bool value)
{
	add(o, key, json_object_new_boolean(value));
}

/* A limit, as in the kernel's file. */
static void add_limit(struct json_object *o, const char *key, uint64_t value)
{
	add(o, key, value == RECORD_MAX ? json_object_new_string("max") : json_object_new_uint64(value));
}

static struct json_object *new_text(const char *bytes, size_t len)
{
	char *clean = malloc(ESCAPE__UTF8_SIZE(len));
	struct json_object *text;

	if (!clean)
		return NULL;
	escape__utf8(clean, ESCAPE__UTF8_SIZE(len), bytes, len);
	text = json_object_new_string(clean);
	free(clean);
	return text;
}

/* Text that is unknown (NULL) is left out. */
void jsonl_write__add_text(struct json_object *o, const char *key, const char *text)
{
	if (text)
		add(o, key, new_text(text, strlen(text)));
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
	jsonl_write__add_text(o, key, text);
}

static void add_container(struct json_object *o, const char *key, const struct record_container *c)
{
	struct json_object *container;

	if (c->ref.runtime == CONTAINER__UNKNOWN)
		return;
	container = json_object_new_object();
	add_text(container, "runtime", container__runtime_name(c->ref.runtime));
	if (c->ref.id[0])
		add_text(container, "id", c->ref.id);
	add_text(container, "name", c->name);
	if (c->ref.pod_uid[0])
		add_text(container, "pod_uid", c->ref.pod_uid);
	add(o, key, container);
}

static struct json_object *new_record(const char *type, const struct record_time *time)
{
	struct json_object *o = json_object_new_object();
	char text[64];

	add_text(o, "type", type);
	add_number(o, "ts_ns", time->boot_ns);
	add_text(o, "time", sink__format_time(text, sizeof(text), time->wall_ns));
	return o;
}

void jsonl_write__put(FILE *out, struct json_object *o)
{
	const char *json =
		json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	/* The library leaves DEL and C1 control characters (U+0080 to U+009F); terminals obey them. */
	while (*json) {
		size_t len = strcspn(json, "\x7f\xc2");
		const unsigned char *c = (const unsigned char *)json + len;

		fwrite(json, 1, len, out);
		json += len + (*c != 0);
		if (*c == 0x7f) {
			fputs("\\u007f", out);
		} else if (*c && c[1] >= 0x80 && c[1] <= 0x9f) {
			fprintf(out, "\\u%04x", c[1]);
			json++;
		} else if (*c) {
			fputc(*c, out);
		}
	}
	fputc('\n', out);
}

static int write_record(struct sink *sink, struct json_object *o)
{
	jsonl_write__put(sink->out, o);
	json_object_put(o);
	if (((struct json_sink *)sink)->buffered && !ferror(sink->out))
		return 0;
	return sink__flush(sink);
}

static struct json_object *new_plan(const struct plan *plan)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < PLAN_PURPOSES; i++) {
		const struct plan_candidate *chosen = plan__chosen(plan, i);
		struct json_object *o = json_object_new_object();

		add_text(o, "purpose", plan_purposes[i].name);
		add(o, "attached", chosen ? json_object_new_string(chosen->label) : NULL);
		if (plan->choices[i].error)
			add_signed(o, "error", plan->choices[i].error);
		json_object_array_add(list, o);
	}
	return list;
}

static int json_session(struct sink *sink, const struct record_session *s)
{
	struct json_object *o = new_record("session", &s->time);
	struct json_object *target = json_object_new_object();

	add_number(o, "schema", RECORD_SCHEMA);
	if (s->part)
		add_number(o, "part", s->part);
	add_text(o, "version", s->version);
	add_text(o, "kernel", s->kernel);
	add_text(o, "arch", s->arch);
	add_number(o, "page_size", s->page_size);
	add_signed(o, "wall_offset_ns", s->time.wall_ns - (int64_t)s->time.boot_ns);
	add_text(target, "kind", s->target_kind);
	add_text(target, "name", s->target_name);
	if (s->container.ref.id[0])
		add_text(target, "id", s->container.ref.id);
	add_text(target, "cgroup", s->target_cgroup);
	add_container(target, "container", &s->container);
	add(o, "target", target);
	if (s->has_memory) {
		struct json_object *memory = json_object_new_object();

		add_number(memory, "machine_total_bytes", s->machine_total_bytes);
		add_number(memory, "machine_available_bytes", s->machine_available_bytes);
		add_number(memory, "usage_bytes", s->usage_bytes);
		add_limit(memory, "max", s->max_bytes);
		add_text(memory, "max_cgroup", s->max_cgroup);
		add(o, "memory", memory);
	}
	add(o, "plan", new_plan(s->plan));
	return write_record(sink, o);
}

static struct json_object *new_level(const struct record_level *l)
{
	struct json_object *o = json_object_new_object();

	add_number(o, "id", l->id);
	add_text(o, "path", l->path);
	if (l->has_memory) {
		add_number(o, "usage_bytes", l->usage_bytes);
		add_limit(o, "max_bytes", l->max_bytes);
		add_limit(o, "high_bytes", l->high_bytes);
		add_number(o, "peak_bytes", l->peak_bytes);
		add_flag(o, "oom_group", l->oom_group);
	}
	if (l->has_swap) {
		add_number(o, "swap_usage_bytes", l->swap_usage_bytes);
		add_limit(o, "swap_max_bytes", l->swap_max_bytes);
	}
	return o;
}

static struct json_object *new_chain(const struct record_level *levels, size_t count)
{
	struct json_object *chain = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *level = new_level(&levels[i]);

		if (levels[i].is_limit)
			add_flag(level, "limit", true);
		json_object_array_add(chain, level);
	}
	return chain;
}

static struct json_object *new_memory(const struct record_memory *memory)
{
	struct json_object *o = json_object_new_object();

	for (int i = 0; i < MEMORY_ITEMS; i++) {
		if (memory->known & 1u << i)
			add_number(o, sink__memory_key((enum memory_item)i), memory->bytes[i]);
	}
	if (memory->exact)
		add_flag(o, "exact", true);
	return o;
}

static void add_kinds(struct json_object *o, const struct record_kinds *kinds)
{
	if (kinds->has_kernel)
		add_number(o, kinds->kernel_is_least ? "kernel_least_bytes" : "kernel_bytes",
			   kinds->kernel_bytes);
	if (kinds->has_sock)
		add_number(o, "sock_bytes", kinds->sock_bytes);
	if (kinds->exact && (kinds->has_kernel || kinds->has_sock))
		add_flag(o, "kinds_exact", true);
}

static void fill_reclaim_sum(struct json_object *o, const struct record_reclaim_sum *sum)
{
	add_number(o, "runs", sum->runs);
	add_number(o, "duration_ns", sum->duration_ns);
	add_number(o, "longest_ns", sum->longest_ns);
	add_number(o, "reclaimed_bytes", sum->reclaimed_bytes);
}

static struct json_object *new_reclaim_sum(const struct record_reclaim_sum *sum)
{
	struct json_object *o = json_object_new_object();

	fill_reclaim_sum(o, sum);
	return o;
}

/* A point is an array and not an object: there are hundreds. */
static struct json_object *new_point(const struct record_point *point)
{
	const struct record_kinds *kinds = &point->kinds;
	struct json_object *o = json_object_new_array();

	json_object_array_add(o, json_object_new_uint64(point->ts_ns));
	json_object_array_add(o, json_object_new_uint64(point->usage_bytes));
	json_object_array_add(o, point->max_bytes == RECORD_MAX ? json_object_new_string("max")
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

	add_number(o, "cgroup_id", history->cgroup_id);
	add_text(o, "cgroup", history->cgroup);
	for (size_t i = 0; i < history->count; i++) {
		json_object_array_add(points, new_point(&history->points[i]));
		kernel_is_least |= history->points[i].kinds.kernel_is_least;
	}
	add(o, "points", points);
	if (kernel_is_least)
		add_flag(o, "kernel_least", true);
	if (history->has_growth)
		add_signed(o, "growth_bytes_per_s", history->growth_bytes_per_s);
	add(o, "reclaim", new_reclaim_sum(&history->reclaim));
	add(o, "throttle", new_reclaim_sum(&history->throttle));
	add_number(o, "failed", history->refused);
	return o;
}

static void add_cmdline(struct json_object *o, const struct record_victim *v)
{
	struct json_object *list = json_object_new_array();
	size_t from = 0;

	while (from < v->cmdline_len) {
		size_t len = strnlen(v->cmdline + from, v->cmdline_len - from);

		json_object_array_add(list, new_text(v->cmdline + from, len));
		from += len + 1;
	}
	add(o, "cmdline", list);
	add_text(o, "cmdline_source", v->cmdline_source);
	if (v->cmdline_cut)
		add_flag(o, "cmdline_cut", true);
}

static struct json_object *new_victim(const struct record_victim *v)
{
	struct json_object *o = json_object_new_object();

	add_number(o, "ts_ns", v->ts_ns);
	add_number(o, "pid", v->pid);
	add_number(o, "tid", v->tid);
	add_number(o, "ppid", v->ppid);
	add_number(o, "ns_pid", v->ns_pid);
	add_text(o, "comm", v->comm);
	if (v->cmdline)
		add_cmdline(o, v);
	add_number(o, "uid", v->uid);
	add_signed(o, "oom_score_adj", v->oom_score_adj);
	if (v->has_points)
		add_signed(o, "points", v->points);
	if (v->has_mm) {
		add_number(o, "total_vm_bytes", v->total_vm_bytes);
		add_number(o, "anon_rss_bytes", v->anon_rss_bytes);
		add_number(o, "file_rss_bytes", v->file_rss_bytes);
		add_number(o, "shmem_rss_bytes", v->shmem_rss_bytes);
		add_number(o, "pgtables_bytes", v->pgtables_bytes);
		add_number(o, "swap_bytes", v->swap_bytes);
		add_flag(o, "rss_exact", v->rss_exact);
	}
	add_text(o, "cgroup", v->cgroup);
	add_container(o, "container", &v->container);
	add_flag(o, "init", v->init);
	add_text(o, "role", sink__role_name(v->role));
	if (v->repeated)
		add_flag(o, "repeated", true);
	return o;
}

static void add_trigger(struct json_object *o, const struct record_oom *oom)
{
	struct json_object *trigger = json_object_new_object();
	char gfp[GFP_TEXT_SIZE];

	add_number(trigger, "pid", oom->trigger_pid);
	add_number(trigger, "tid", oom->trigger_tid);
	add_text(trigger, "comm", oom->trigger_comm);
	add_text(trigger, "cgroup", oom->trigger_cgroup);
	add_container(trigger, "container", &oom->trigger_container);
	add_text(trigger, "gfp", gfp__format(gfp, sizeof(gfp), oom->gfp_mask));
	add_number(trigger, "gfp_mask", oom->gfp_mask);
	add_signed(trigger, "order", oom->order);
	add(o, "trigger", trigger);
}

static void add_cause(struct json_object *o, const struct record_oom *oom)
{
	struct json_object *cause;

	if (!sink__cause_name(oom->cause))
		return;
	cause = json_object_new_object();
	add_text(cause, "kind", sink__cause_name(oom->cause));
	if (oom->cause_limit_id)
		add_number(cause, "limit_id", oom->cause_limit_id);
	if (oom->cause_since_ns)
		add_number(cause, "since_ns", oom->cause_since_ns);
	add(o, "cause", cause);
}

static void add_run(struct json_object *o, const struct record_oom *oom)
{
	add_text(o, "constraint", oom->constraint);
	add_flag(o, "whole_machine", oom->whole_machine);
	if (oom->sysrq)
		add_flag(o, "sysrq", true);
	add_cause(o, oom);
	add_number(o, "totalpages_bytes", oom->totalpages_bytes);
	add_number(o, "waits", oom->waits);
	if (oom->repeats)
		add_number(o, "repeats", oom->repeats);
	add_trigger(o, oom);
}

static int json_oom(struct sink *sink, const struct record_oom *oom)
{
	struct json_object *o = new_record("oom", &oom->time);
	struct json_object *victims = json_object_new_array();

	add_number(o, "id", oom->id);
	add_text(o, "outcome", sink__outcome_name(oom->outcome));
	if (oom->started_ns)
		add_number(o, "started_ns", oom->started_ns);
	if (oom->duration_ns)
		add_number(o, "duration_ns", oom->duration_ns);
	if (oom->trigger_comm)
		add_run(o, oom);
	if (oom->limit) {
		struct json_object *limit = new_level(oom->limit);

		add_container(limit, "container", &oom->limit_container);
		add(o, "limit_cgroup", limit);
	}
	for (size_t i = 0; i < oom->victim_count; i++)
		json_object_array_add(victims, new_victim(&oom->victims[i]));
	add(o, "victims", victims);
	add_number(o, "killed", oom->killed);
	add(o, "chain", new_chain(oom->chain, oom->chain_count));
	if (oom->memory)
		add(o, "memory", new_memory(oom->memory));
	if (oom->history)
		add(o, "history", new_history(oom->history));
	if (oom->joined_late)
		add_flag(o, "joined_late", true);
	if (oom->incomplete)
		add_flag(o, "incomplete", true);
	if (oom->missing)
		add_number(o, "victims_missing", oom->missing);
	return write_record(sink, o);
}

static int json_limit(struct sink *sink, const struct record_limit *l)
{
	struct json_object *o = new_record("limit", &l->time);
	struct json_object *writer = json_object_new_object();

	add_number(o, "id", l->id);
	add_text(o, "file", sink__limit_file_name(l->file));
	add_text(o, "cgroup", l->cgroup);
	add_container(o, "container", &l->container);
	add_number(writer, "pid", l->writer_pid);
	add_number(writer, "tid", l->writer_tid);
	add_text(writer, "comm", l->writer_comm);
	add_text(writer, "cgroup", l->writer_cgroup);
	add_flag(writer, "self", l->writer_self);
	add(o, "writer", writer);
	add_limit(o, "old", l->old_bytes);
	add_limit(o, "new", l->new_bytes);
	add_number(o, "usage_before_bytes", l->usage_before_bytes);
	add_number(o, "usage_after_bytes", l->usage_after_bytes);
	add_number(o, "reclaimed_bytes", l->reclaimed_bytes);
	add_number(o, "duration_ns", l->duration_ns);
	add_number(o, "kills", l->kills);
	add_number(o, "ooms", l->ooms);
	add_signed(o, "result", l->result);
	return write_record(sink, o);
}

static struct json_object *fill_step(struct json_object *o, const struct record_step *s)
{
	add_number(o, "limit_id", s->limit_id);
	add_limit(o, "old", s->old_bytes);
	add_limit(o, "new", s->new_bytes);
	add_number(o, "usage_before_bytes", s->usage_before_bytes);
	add_number(o, "usage_after_bytes", s->usage_after_bytes);
	add_number(o, "reclaimed_bytes", s->reclaimed_bytes);
	add_number(o, "duration_ns", s->duration_ns);
	add_number(o, "killed_inside", s->killed_inside);
	add_number(o, "killed_after", s->killed_after);
	if (s->has_first_kill)
		add_number(o, "first_kill_ns", s->first_kill_ns);
	if (s->has_needed)
		add_number(o, "needed", s->needed);
	if (s->has_floor)
		add_number(o, "predicted_floor_bytes", s->floor_bytes);
	add_flag(o, "alive", s->alive);
	return o;
}

static int json_step(struct sink *sink, const struct record_step *step)
{
	return write_record(sink, fill_step(new_record("step", &step->time), step));
}

static int json_steps(struct sink *sink, const struct record_steps *s)
{
	struct json_object *o = new_record("steps", &s->time);
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < s->count; i++)
		json_object_array_add(list, fill_step(json_object_new_object(), &s->steps[i]));
	add(o, "steps", list);
	if (s->has_first_kill)
		add_limit(o, "first_kill_max", s->first_kill_max_bytes);
	if (s->died)
		add_limit(o, "died_max", s->died_max_bytes);
	add_limit(o, "old", s->old_bytes);
	add_text(o, "outcome", s->restored);
	return write_record(sink, o);
}

static int json_repeats(struct sink *sink, const struct record_repeats *r)
{
	struct json_object *o = new_record("oom-repeats", &r->time);
	struct json_object *cgroup = json_object_new_object();

	add_number(cgroup, "id", r->limit_cgroup_id);
	add_text(cgroup, "path", r->limit_cgroup);
	add(o, "limit_cgroup", cgroup);
	add_text(o, "outcome", sink__outcome_name(OOM_NO_VICTIM));
	add_number(o, "repeats", r->repeats);
	return write_record(sink, o);
}

static int json_usage(struct sink *sink, const struct record_usage *u)
{
	struct json_object *o = new_record("usage", &u->time);

	add_number(o, "cgroup_id", u->cgroup_id);
	add_text(o, "cgroup", u->cgroup);
	add_container(o, "container", &u->container);
	add_number(o, "usage_bytes", u->usage_bytes);
	add_limit(o, "max", u->max_bytes);
	add_limit(o, "high", u->high_bytes);
	add_kinds(o, &u->kinds);
	if (u->refused) {
		add_number(o, "failed", u->refused);
		add_number(o, "asked_bytes", u->asked_bytes);
		add_text(o, "refused_by", u->refused_by);
	}
	if (u->pid)
		add_number(o, "pid", u->pid);
	add_text(o, "comm", u->comm);
	if (u->chain_count)
		add(o, "chain", new_chain(u->chain, u->chain_count));
	return write_record(sink, o);
}

static int json_reclaim(struct sink *sink, const struct record_reclaim *r)
{
	struct json_object *o = new_record("reclaim", &r->time);

	add_text(o, "kind", sink__reclaim_name(r->kind));
	add_number(o, "cgroup_id", r->cgroup_id);
	add_text(o, "cgroup", r->cgroup);
	add_container(o, "container", &r->container);
	add_number(o, "since_ns", r->since_ns);
	fill_reclaim_sum(o, &r->sum);
	return write_record(sink, o);
}

static int json_stall(struct sink *sink, const struct record_stall *s)
{
	struct json_object *o = new_record("stall", &s->time);

	add_number(o, "cgroup_id", s->cgroup_id);
	add_text(o, "cgroup", s->cgroup);
	add_container(o, "container", &s->container);
	add_number(o, "since_ns", s->since_ns);
	add_flag(o, "over", s->over);
	add_number(o, "duration_ns", s->duration_ns);
	add_number(o, "reclaim_ns", s->reclaim_ns);
	add_number(o, "failed", s->refused);
	add_number(o, "usage_bytes", s->usage_bytes);
	add_text(o, "file", sink__limit_file_name(s->file));
	add_limit(o, "max", s->max_bytes);
	return write_record(sink, o);
}

static struct json_object *new_frames(const struct record_frame *frames, size_t count)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *o = json_object_new_object();

		add_text(o, "function", frames[i].function);
		if (frames[i].function)
			add_number(o, "offset", frames[i].offset);
		add_text(o, "module", frames[i].module);
		if (frames[i].address)
			add_number(o, "address", frames[i].address);
		json_object_array_add(list, o);
	}
	return list;
}

static int json_stack(struct sink *sink, const struct record_stack *s)
{
	struct json_object *o = new_record("stack", &s->time);

	if (s->pid)
		add_number(o, "pid", s->pid);
	add_text(o, "comm", s->comm);
	if (s->oom_id) {
		add_number(o, "oom_id", s->oom_id);
	} else {
		add_number(o, "samples", s->samples);
		add_number(o, "bytes", s->bytes);
	}
	add(o, "user", new_frames(s->user, s->user_count));
	add(o, "kernel", new_frames(s->kernel, s->kernel_count));
	return write_record(sink, o);
}

static int json_exit(struct sink *sink, const struct record_exit *e)
{
	struct json_object *o = new_record("exit", &e->time);

	if (e->pid)
		add_number(o, "pid", e->pid);
	add_text(o, "comm", e->comm);
	add_text(o, "cgroup", e->cgroup);
	if (e->has_status) {
		add_signed(o, "exit_code", sink__exit_code(e->status));
		add(o, "signal", e->status & 0x7f ? json_object_new_int(e->status & 0x7f) : NULL);
		add_flag(o, "oom_victim", e->oom_victim);
	}
	add_flag(o, "target_gone", e->container);
	add_container(o, "container", &e->which);
	if (e->runtime_status) {
		struct json_object *runtime = json_object_new_object();

		add_text(runtime, "status", e->runtime_status);
		add_signed(runtime, "exit_code", e->runtime_exit_code);
		add_flag(runtime, "oom_killed", e->runtime_oom_killed);
		add(o, "runtime", runtime);
	}
	return write_record(sink, o);
}

static int json_lost(struct sink *sink, const struct record_lost *lost)
{
	struct json_object *o = new_record("lost", &lost->time);

	add_text(o, "kind", lost->kind);
	add_number(o, "count", lost->count);
	return write_record(sink, o);
}

static int json_end(struct sink *sink, const struct record_end *end)
{
	struct json_object *o = new_record("end", &end->time);

	add_text(o, "reason", end->reason);
	add_number(o, "ooms", end->ooms);
	add_number(o, "kills", end->kills);
	add_number(o, "lost", end->lost);
	if (end->nameless)
		add_number(o, "nameless_stacks", end->nameless);
	return write_record(sink, o);
}

static void json_free(struct sink *sink)
{
	free(sink);
}

static int json_min_try(struct sink *sink, const struct record_try *t)
{
	struct json_object *o;

	if (t->result == TRY_BEGUN)
		return 0;
	o = new_record("min-try", &t->time);
	add_number(o, "max_bytes", t->max_bytes);
	add_flag(o, "holds", t->result == TRY_HOLDS);
	return write_record(sink, o);
}

static int json_found_min(struct sink *sink, const struct record_min *m)
{
	struct json_object *o;

	if (!m->tries)
		return 0;
	o = new_record("min", &m->time);
	add_text(o, "cgroup", m->cgroup);
	add_number(o, "usage_bytes", m->usage_bytes);
	add_number(o, "floor_bytes", m->floor_bytes);
	add_number(o, "hold_ns", m->hold_ns);
	add_number(o, "tries", m->tries);
	add_number(o, "kills", m->kills);
	if (m->found_bytes) {
		add_number(o, "max_bytes", m->found_bytes);
		add_number(o, "recommended_bytes", m->found_bytes + m->margin_bytes);
	}
	return write_record(sink, o);
}

static const struct sink_ops json_ops = {
	.session = json_session,
	.oom = json_oom,
	.limit = json_limit,
	.step = json_step,
	.steps = json_steps,
	.repeats = json_repeats,
	.usage = json_usage,
	.reclaim = json_reclaim,
	.stall = json_stall,
	.stack = json_stack,
	.exit = json_exit,
	.lost = json_lost,
	.end = json_end,
	.min_try = json_min_try,
	.min = json_found_min,
	.free = json_free,
};

static struct sink *new_sink(FILE *out, bool buffered)
{
	struct json_sink *sink = malloc(sizeof(*sink));

	if (!sink)
		return NULL;
	*sink = (struct json_sink){ .base = { .ops = &json_ops, .out = out }, .buffered = buffered };
	return &sink->base;
}

struct sink *jsonl_write__new(FILE *out)
{
	return new_sink(out, false);
}

struct sink *jsonl_write__new_buffered(FILE *out)
{
	return new_sink(out, true);
}
