// SPDX-License-Identifier: GPL-2.0-only
/* JSON Lines: one record a line, as docs/schema.md describes them. */
#include "jsonl/write.h"

#include <stdlib.h>
#include <string.h>

#include "jsonl/hook_json.h"
#include "jsonl/member.h"
#include "jsonl/relief_json.h"
#include "jsonl/snapshot_json.h"
#include "jsonl/write_log.h"
#include "jsonl/write_parts.h"
#include "record/names.h"
#include "record/sink.h"
#include "record/time.h"

struct json_sink {
	struct sink base;
	bool buffered; /* somebody else flushes */
};

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

static struct json_object *new_plan(const struct record_probe *probes, size_t count)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		const struct record_probe *probe = &probes[i];
		struct json_object *o = json_object_new_object();

		member__text(o, "purpose", probe->purpose);
		member__add(o, "attached",
			    probe->attached ? member__new_text(probe->attached, strlen(probe->attached))
					    : NULL);
		member__text(o, "lost", probe->lost);
		if (probe->error)
			member__signed(o, "error", probe->error);
		if (probe->later)
			member__flag(o, "later", true);
		json_object_array_add(list, o);
	}
	return list;
}

static void write_session(struct json_object *o, const struct record *record)
{
	const struct record_session *s = &record->session;
	struct json_object *target = json_object_new_object();

	member__number(o, "schema", RECORD_SCHEMA);
	if (s->from_log)
		member__text(o, "source", "kernel-log");
	member__text(o, "host", s->host);
	member__text(o, "machine_id", s->machine_id);
	member__text(o, "boot_id", s->boot_id);
	if (s->part)
		member__number(o, "part", s->part);
	if (s->order_ns)
		member__number(o, "order_ns", s->order_ns);
	member__text(o, "version", s->version);
	member__text(o, "kernel", s->kernel);
	member__text(o, "arch", s->arch);
	if (s->page_size || !s->from_log)
		member__number(o, "page_size", s->page_size);
	if (!s->from_log)
		member__signed(o, "wall_offset_ns", record->time.wall_ns - (int64_t)record->time.boot_ns);
	if (s->attached_ns)
		member__number(o, "attached_ns", s->attached_ns);
	if (s->kills_while_attaching)
		member__number(o, "kills_while_attaching", s->kills_while_attaching);
	member__text(o, "kills_counted_in", s->kills_counted_in);
	member__text(target, "kind", s->target_kind);
	member__text(target, "name", s->target_name);
	if (s->container.ref.id[0])
		member__text(target, "id", s->container.ref.id);
	member__text(target, "cgroup", s->target_cgroup);
	member__container(target, "container", &s->container);
	member__add(o, "target", target);
	if (s->has_memory) {
		struct json_object *memory = json_object_new_object();

		member__number(memory, "machine_total_bytes", s->machine_total_bytes);
		member__number(memory, "machine_available_bytes", s->machine_available_bytes);
		member__number(memory, "usage_bytes", s->usage_bytes);
		member__limit(memory, "max_bytes", s->max_bytes);
		member__text(memory, "max_cgroup", s->max_cgroup);
		member__add(o, "memory", memory);
	}
	if (!s->from_log)
		member__add(o, "plan", new_plan(s->probes, s->probe_count));
}

static void write_limit(struct json_object *o, const struct record *record)
{
	const struct record_limit *l = &record->limit;
	struct json_object *writer = json_object_new_object();

	member__number(o, "id", l->id);
	member__text(o, "file", record_names__limit_file(l->file));
	member__text(o, "cgroup", l->cgroup);
	member__container(o, "container", &l->container);
	member__number(writer, "pid", l->writer_pid);
	member__number(writer, "tid", l->writer_tid);
	member__text(writer, "comm", l->writer_comm);
	member__text(writer, "cgroup", l->writer_cgroup);
	member__flag(writer, "self", l->writer_self);
	member__add(o, "writer", writer);
	member__limit(o, "old_max_bytes", l->old_max_bytes);
	member__limit(o, "new_max_bytes", l->new_max_bytes);
	member__number(o, "usage_before_bytes", l->usage_before_bytes);
	member__number(o, "usage_after_bytes", l->usage_after_bytes);
	member__number(o, "reclaimed_bytes", l->reclaimed_bytes);
	member__number(o, "duration_ns", l->duration_ns);
	member__number(o, "kills", l->kills);
	member__number(o, "ooms", l->ooms);
	member__signed(o, "result", l->result);
	if (l->vain)
		member__number(o, "vain_writes", l->vain);
}

static struct json_object *fill_step(struct json_object *o, const struct record_step *s)
{
	member__number(o, "limit_id", s->limit_id);
	member__limit(o, "old_max_bytes", s->old_max_bytes);
	member__limit(o, "new_max_bytes", s->new_max_bytes);
	member__number(o, "usage_before_bytes", s->usage_before_bytes);
	member__number(o, "usage_after_bytes", s->usage_after_bytes);
	member__number(o, "reclaimed_bytes", s->reclaimed_bytes);
	member__number(o, "duration_ns", s->duration_ns);
	member__number(o, "killed_inside", s->killed_inside);
	member__number(o, "killed_after", s->killed_after);
	if (s->has_first_kill)
		member__number(o, "first_kill_ns", s->first_kill_ns);
	if (s->has_needed)
		member__number(o, "needed", s->needed);
	if (s->has_floor)
		member__number(o, "predicted_floor_bytes", s->floor_bytes);
	member__flag(o, "alive", s->alive);
	return o;
}

static void write_step(struct json_object *o, const struct record *record)
{
	fill_step(o, &record->step);
}

static void write_steps(struct json_object *o, const struct record *record)
{
	const struct record_steps *s = &record->steps;
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < s->count; i++)
		json_object_array_add(list, fill_step(json_object_new_object(), &s->steps[i]));
	member__add(o, "steps", list);
	if (s->has_first_kill)
		member__limit(o, "first_kill_max_bytes", s->first_kill_max_bytes);
	if (s->died)
		member__limit(o, "died_max_bytes", s->died_max_bytes);
	member__limit(o, "old_max_bytes", s->old_max_bytes);
	member__text(o, "outcome", s->outcome);
}

static void write_repeats(struct json_object *o, const struct record *record)
{
	const struct record_repeats *r = &record->repeats;
	struct json_object *cgroup = json_object_new_object();

	member__number(cgroup, "id", r->limit_cgroup_id);
	member__text(cgroup, "path", r->limit_cgroup);
	member__add(o, "limit_cgroup", cgroup);
	member__text(o, "outcome", record_names__outcome(OOM_NO_VICTIM));
	member__number(o, "repeats", r->repeats);
}

static void write_usage(struct json_object *o, const struct record *record)
{
	const struct record_usage *u = &record->usage;

	member__number(o, "cgroup_id", u->cgroup_id);
	member__text(o, "cgroup", u->cgroup);
	member__container(o, "container", &u->container);
	member__number(o, "usage_bytes", u->usage_bytes);
	member__limit(o, "max_bytes", u->max_bytes);
	member__limit(o, "high_bytes", u->high_bytes);
	write_parts__kinds(o, &u->kinds);
	if (u->failed) {
		member__number(o, "failed", u->failed);
		member__number(o, "asked_bytes", u->asked_bytes);
		member__text(o, "refused_by", u->refused_by);
	}
	if (u->pid)
		member__number(o, "pid", u->pid);
	member__text(o, "comm", u->comm);
	if (u->chain_count)
		member__add(o, "chain", write_parts__new_chain(u->chain, u->chain_count));
}

static void write_reclaim(struct json_object *o, const struct record *record)
{
	const struct record_reclaim *r = &record->reclaim;

	member__text(o, "kind", record_names__reclaim(r->kind));
	member__number(o, "cgroup_id", r->cgroup_id);
	member__text(o, "cgroup", r->cgroup);
	member__container(o, "container", &r->container);
	member__number(o, "since_ns", r->since_ns);
	write_parts__reclaim_sum(o, &r->sum);
}

static void write_stall(struct json_object *o, const struct record *record)
{
	const struct record_stall *s = &record->stall;

	member__number(o, "cgroup_id", s->cgroup_id);
	member__text(o, "cgroup", s->cgroup);
	member__container(o, "container", &s->container);
	member__number(o, "since_ns", s->since_ns);
	member__flag(o, "over", s->over);
	member__number(o, "duration_ns", s->duration_ns);
	member__number(o, "reclaim_ns", s->reclaim_ns);
	member__number(o, "failed", s->failed);
	member__number(o, "usage_bytes", s->usage_bytes);
	member__text(o, "file", record_names__limit_file(s->file));
	member__limit(o, "max_bytes", s->max_bytes);
}

static struct json_object *new_frames(const struct record_frame *frames, size_t count)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *o = json_object_new_object();

		member__text(o, "function", frames[i].function);
		if (frames[i].function)
			member__number(o, "offset", frames[i].offset);
		member__text(o, "module", frames[i].module);
		if (frames[i].address)
			member__number(o, "address", frames[i].address);
		json_object_array_add(list, o);
	}
	return list;
}

static void write_stack(struct json_object *o, const struct record *record)
{
	const struct record_stack *s = &record->stack;

	if (s->pid)
		member__number(o, "pid", s->pid);
	member__text(o, "comm", s->comm);
	if (s->oom_id) {
		member__number(o, "oom_id", s->oom_id);
	} else {
		member__number(o, "samples", s->samples);
		member__number(o, "bytes", s->bytes);
	}
	member__add(o, "user", new_frames(s->user, s->user_count));
	member__add(o, "kernel", new_frames(s->kernel, s->kernel_count));
}

static void write_start(struct json_object *o, const struct record *record)
{
	const struct record_start *s = &record->start;

	member__number(o, "run", s->run);
	member__text(o, "cgroup", s->cgroup);
	member__number(o, "cgroup_id", s->cgroup_id);
	if (s->pause_ns)
		member__number(o, "pause_ns", s->pause_ns);
	member__container(o, "container", &s->container);
}

/* What other limits refused; an empty list: nothing. */
static struct json_object *new_refusals(const struct record_exit *e)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; list && i < e->refusal_count; i++) {
		const struct record_refusal *r = &e->refusals[i];
		struct json_object *o = json_object_new_object();

		member__text(o, "file", r->file);
		if (r->has_max)
			member__limit(o, "max", r->max);
		member__number(o, "count", r->count);
		json_object_array_add(list, o);
	}
	return list;
}

static void write_rlimit(struct json_object *o, const char *name, const struct record_rlimit *r)
{
	struct json_object *of;

	if (!r->has)
		return;
	of = json_object_new_object();
	member__number(of, "bytes", r->bytes);
	member__number(of, "max_bytes", r->max_bytes);
	member__add(o, name, of);
}

static void write_exit(struct json_object *o, const struct record *record)
{
	const struct record_exit *e = &record->exit;

	if (e->run)
		member__number(o, "run", e->run);
	if (e->pid)
		member__number(o, "pid", e->pid);
	member__text(o, "comm", e->comm);
	member__text(o, "cgroup", e->cgroup);
	if (e->has_status) {
		member__signed(o, "exit_code", record__exit_code(e->status));
		member__add(o, "signal", e->status & 0x7f ? json_object_new_int(e->status & 0x7f) : NULL);
		member__flag(o, "oom_victim", e->oom_victim);
	}
	member__flag(o, "target_gone", e->container);
	member__container(o, "container", &e->which);
	if (e->runtime_status) {
		struct json_object *runtime = json_object_new_object();

		member__text(runtime, "status", e->runtime_status);
		member__signed(runtime, "exit_code", e->runtime_exit_code);
		member__flag(runtime, "oom_killed", e->runtime_oom_killed);
		member__add(o, "runtime", runtime);
	}
	if (e->killer)
		write_signal__killer(o, "killer", e->killer);
	write_signal__stop(o, &e->stop);
	if (e->has_refusals || e->refusal_count)
		member__add(o, "refusals", new_refusals(e));
	write_rlimit(o, "address_space", &e->address_space);
	write_rlimit(o, "data", &e->data);
}

static void write_lost(struct json_object *o, const struct record *record)
{
	const struct record_lost *lost = &record->lost;

	member__text(o, "kind", lost->kind);
	member__number(o, "count", lost->count);
	if (lost->within_ns)
		member__number(o, "within_ns", lost->within_ns);
}

static void write_end(struct json_object *o, const struct record *record)
{
	const struct record_end *end = &record->end;

	member__text(o, "reason", end->reason);
	member__number(o, "ooms", end->ooms);
	member__number(o, "kills", end->kills);
	member__number(o, "lost", end->lost);
	if (end->nameless)
		member__number(o, "nameless_stacks", end->nameless);
	if (end->skipped_exits)
		member__number(o, "skipped_exits", end->skipped_exits);
	if (end->skipped_signals)
		member__number(o, "skipped_signals", end->skipped_signals);
	if (end->early_kills)
		member__number(o, "early_kills", end->early_kills);
	if (end->given_up)
		member__number(o, "recorders_given_up", end->given_up);
	if (end->missing_count)
		member__add(o, "not_attached", new_plan(end->missing, end->missing_count));
	if (end->has_kernel_events) {
		const struct record_kernel_events *events = &end->kernel_events;
		struct json_object *counts = json_object_new_object();

		member__number(counts, "max", events->max);
		member__number(counts, "oom", events->oom);
		member__number(counts, "oom_kill", events->oom_kill);
		if (events->has_group_kill)
			member__number(counts, "oom_group_kill", events->oom_group_kill);
		if (events->whole)
			member__flag(counts, "whole", true);
		member__add(o, "kernel_events", counts);
	}
}

static void write_min_try(struct json_object *o, const struct record *record)
{
	const struct record_min_try *t = &record->min_try;

	member__number(o, "max_bytes", t->max_bytes);
	member__flag(o, "holds", t->result == TRY_HOLDS);
}

static void write_min(struct json_object *o, const struct record *record)
{
	const struct record_min *m = &record->min;

	member__text(o, "cgroup", m->cgroup);
	member__number(o, "usage_bytes", m->usage_bytes);
	member__number(o, "floor_bytes", m->floor_bytes);
	member__number(o, "hold_ns", m->hold_ns);
	member__number(o, "tries", m->tries);
	member__number(o, "kills", m->kills);
	if (m->found_bytes) {
		member__number(o, "max_bytes", m->found_bytes);
		member__number(o, "recommended_bytes", m->found_bytes + m->margin_bytes);
	}
}

static void (*const writers[RECORD_KINDS])(struct json_object *o, const struct record *record) = {
	[RECORD_SESSION] = write_session,
	[RECORD_OOM] = write_oom__record,
	[RECORD_LIMIT] = write_limit,
	[RECORD_STEP] = write_step,
	[RECORD_STEPS] = write_steps,
	[RECORD_REPEATS] = write_repeats,
	[RECORD_USAGE] = write_usage,
	[RECORD_RECLAIM] = write_reclaim,
	[RECORD_STALL] = write_stall,
	[RECORD_STACK] = write_stack,
	[RECORD_EXIT] = write_exit,
	[RECORD_LOST] = write_lost,
	[RECORD_END] = write_end,
	[RECORD_MIN_TRY] = write_min_try,
	[RECORD_MIN] = write_min,
	[RECORD_USER_KILL] = write_log__user_kill,
	[RECORD_RELIEF] = relief_json__write,
	[RECORD_KERNEL_LOG] = write_log__kernel_log,
	[RECORD_SIGKILL] = write_signal__record,
	[RECORD_START] = write_start,
	[RECORD_NEAR_LIMIT] = hook_json__write_near_limit,
	[RECORD_HOOK] = hook_json__write,
	[RECORD_SNAPSHOT] = snapshot_json__write,
};

/* What begins is news for a person who waits, and in the record of its end, too. */
static bool is_written(const struct record *record)
{
	if (record->kind == RECORD_MIN_TRY)
		return record->min_try.result != TRY_BEGUN;
	return record->kind != RECORD_MIN || record->min.tries;
}

static int json_take(struct sink *sink, const struct record *record)
{
	struct json_object *o;
	char time[64];

	if (!is_written(record))
		return 0;
	o = json_object_new_object();
	member__text(o, "type", record_names__type(record->kind));
	if (!record->time.no_boot)
		member__number(o, "ts_ns", record->time.boot_ns);
	if (!record->time.no_wall)
		member__text(o, "time", record_time__format(time, sizeof(time), record->time.wall_ns));
	writers[record->kind](o, record);
	jsonl_write__put(sink->out, o);
	json_object_put(o);
	if (((struct json_sink *)sink)->buffered && !ferror(sink->out))
		return 0;
	return sink__flush(sink);
}

static void json_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops json_ops = {
	.take = json_take,
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
