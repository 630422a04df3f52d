// SPDX-License-Identifier: GPL-2.0-only
/* Its counterpart is sink_json.c: a key that is written there is read here. */
#include "jsonl/parser.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jsonl/hook_json.h"
#include "jsonl/parse_log.h"
#include "jsonl/parse_parts.h"
#include "jsonl/relief_json.h"
#include "jsonl/snapshot_json.h"
#include "record/names.h"

#define SIGNAL_MAX 64

DEFINE_NAMED(limit_file_named, enum limit_file, record_names__limit_file, LIMIT_MAX, LIMIT_SWAP_MAX)
DEFINE_NAMED(reclaim_kind_named, enum reclaim_kind, record_names__reclaim, RECLAIM_LIMIT, RECLAIM_THROTTLE)

/* ---- session ---- */

static void get_probe(struct jsonl_parser *p, struct json_object *o, struct record_probe *probe)
{
	int64_t error = 0;

	value__has_signed(p, o, "error", &error);
	probe->purpose = value__text(p, o, "purpose");
	probe->attached = value__text(p, o, "attached");
	probe->lost = value__text(p, o, "lost");
	probe->error = (int)error;
	probe->later = value__flag(p, o, "later");
	if (!probe->purpose || error > 0 || error < -4095)
		value__fail(p, -EINVAL);
}

/* Whatever their names: they are those of the version that made the recording. */
static size_t get_probes(struct jsonl_parser *p, struct json_object *o, const char *key,
			 const struct record_probe **out)
{
	struct json_object *list;
	size_t count = value__array(p, o, key, &list);
	struct record_probe *probes = value__new_array(p, count, sizeof(*probes));

	for (size_t i = 0; probes && i < count && !p->error; i++) {
		struct json_object *probe = value__element(p, list, i);

		if (probe)
			get_probe(p, probe, &probes[i]);
	}
	*out = probes;
	return probes ? count : 0;
}

static void get_target(struct jsonl_parser *p, struct json_object *o, struct record_session *s)
{
	struct json_object *target = value__object(p, o, "target");

	if (!target) {
		value__fail(p, -EINVAL);
		return;
	}
	s->target_kind = value__text(p, target, "kind");
	s->target_name = value__text(p, target, "name");
	s->target_cgroup = value__text(p, target, "cgroup");
	s->container = parse_parts__container(p, target);
}

static void get_machine_memory(struct jsonl_parser *p, struct json_object *o, struct record_session *s)
{
	struct json_object *memory = value__object(p, o, "memory");

	if (!memory)
		return;
	s->has_memory = true;
	s->machine_total_bytes = value__number(p, memory, "machine_total_bytes");
	s->machine_available_bytes = value__number(p, memory, "machine_available_bytes");
	s->usage_bytes = value__number(p, memory, "usage_bytes");
	s->max_bytes = value__limit(p, memory, "max_bytes");
	s->max_cgroup = value__text(p, memory, "max_cgroup");
}

/* A kernel log tells little of its machine, and no clock. */
static void parse_log_session(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_session s = {
		.from_log = true,
		.host = value__text(p, o, "host"),
		.version = value__text(p, o, "version"),
		.kernel = value__text(p, o, "kernel"),
		.page_size = value__optional32(p, o, "page_size"),
	};

	value__number(p, o, "schema");
	get_target(p, o, &s);
	p->wall_offset_ns = 0;
	p->in_log = true;
	record->session = s;
}

static void parse_live_session(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_session s = {
		.host = value__text(p, o, "host"),
		.machine_id = value__text(p, o, "machine_id"),
		.boot_id = value__text(p, o, "boot_id"),
		.version = value__text(p, o, "version"),
		.kernel = value__text(p, o, "kernel"),
		.arch = value__text(p, o, "arch"),
		.page_size = value__number32(p, o, "page_size"),
		.attached_ns = value__optional(p, o, "attached_ns"),
		.kills_while_attaching = value__optional(p, o, "kills_while_attaching"),
		.kills_counted_in = value__text(p, o, "kills_counted_in"),
		.part = value__optional(p, o, "part"),
		.order_ns = value__optional(p, o, "order_ns"),
	};
	int64_t offset_ns = value__signed(p, o, "wall_offset_ns");
	int64_t wall_ns;

	value__number(p, o, "schema");
	if (!s.version || !s.kernel || !s.arch)
		value__fail(p, -EINVAL);
	/* `time` has microseconds only. */
	if (__builtin_add_overflow((int64_t)record->time.boot_ns, offset_ns, &wall_ns) || wall_ns < 0)
		value__fail(p, -EINVAL);
	record->time.wall_ns = wall_ns;
	get_target(p, o, &s);
	get_machine_memory(p, o, &s);
	s.probe_count = get_probes(p, o, "plan", &s.probes);
	if (p->error)
		return;
	p->wall_offset_ns = offset_ns;
	p->in_log = false;
	record->session = s;
}

static void parse_session(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	const char *source = value__text(p, o, "source");

	if (source && !strcmp(source, "kernel-log"))
		parse_log_session(p, o, record);
	else
		parse_live_session(p, o, record);
}

/* ---- limits and steps ---- */

static void parse_limit(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct json_object *writer = value__object(p, o, "writer");
	struct record_limit l = {
		.id = value__number(p, o, "id"),
		.file = limit_file_named(p, value__text(p, o, "file")),
		.cgroup = value__text(p, o, "cgroup"),
		.container = parse_parts__container(p, o),
		.old_max_bytes = value__limit(p, o, "old_max_bytes"),
		.new_max_bytes = value__limit(p, o, "new_max_bytes"),
		.usage_before_bytes = value__number(p, o, "usage_before_bytes"),
		.usage_after_bytes = value__number(p, o, "usage_after_bytes"),
		.reclaimed_bytes = value__number(p, o, "reclaimed_bytes"),
		.duration_ns = value__number(p, o, "duration_ns"),
		.kills = value__number32(p, o, "kills"),
		.ooms = value__number32(p, o, "ooms"),
		.result = value__signed(p, o, "result"),
		.vain = value__optional32(p, o, "vain_writes"),
	};

	parse_parts__find_prefix(&l.container.ref, l.cgroup);
	if (l.result < -4095)
		value__fail(p, -EINVAL);
	if (!writer) {
		value__fail(p, -EINVAL);
		return;
	}
	l.writer_pid = value__number32(p, writer, "pid");
	l.writer_tid = value__number32(p, writer, "tid");
	l.writer_comm = value__text(p, writer, "comm");
	l.writer_cgroup = value__text(p, writer, "cgroup");
	l.writer_self = value__flag(p, writer, "self");
	record->limit = l;
}

static void get_step(struct jsonl_parser *p, struct json_object *o, struct record_step *s)
{
	s->limit_id = value__number(p, o, "limit_id");
	s->old_max_bytes = value__limit(p, o, "old_max_bytes");
	s->new_max_bytes = value__limit(p, o, "new_max_bytes");
	s->usage_before_bytes = value__number(p, o, "usage_before_bytes");
	s->usage_after_bytes = value__number(p, o, "usage_after_bytes");
	s->reclaimed_bytes = value__number(p, o, "reclaimed_bytes");
	s->duration_ns = value__number(p, o, "duration_ns");
	s->killed_inside = value__number(p, o, "killed_inside");
	s->killed_after = value__number(p, o, "killed_after");
	s->has_first_kill = value__has_number(p, o, "first_kill_ns", &s->first_kill_ns);
	s->has_needed = value__has_number(p, o, "needed", &s->needed);
	s->has_floor = value__has_number(p, o, "predicted_floor_bytes", &s->floor_bytes);
	s->alive = value__flag(p, o, "alive");
}

static void parse_step(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_step step = {};

	get_step(p, o, &step);
	record->step = step;
}

static void parse_steps(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_steps s = { .outcome = value__text(p, o, "outcome") };
	struct record_step *steps;
	struct json_object *list;

	s.count = value__array(p, o, "steps", &list);
	steps = value__new_array(p, s.count, sizeof(*steps));
	for (size_t i = 0; steps && i < s.count && !p->error; i++) {
		struct json_object *step = value__element(p, list, i);

		if (step)
			get_step(p, step, &steps[i]);
	}
	s.steps = steps;
	s.has_first_kill = value__has_limit(p, o, "first_kill_max_bytes", &s.first_kill_max_bytes);
	s.died = value__has_limit(p, o, "died_max_bytes", &s.died_max_bytes);
	s.old_max_bytes = value__limit(p, o, "old_max_bytes");
	record->steps = s;
}

/* ---- usage, reclaim, stall, stacks ---- */

static void parse_usage(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_usage u = {
		.cgroup_id = value__number(p, o, "cgroup_id"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = parse_parts__container(p, o),
		.usage_bytes = value__number(p, o, "usage_bytes"),
		.max_bytes = value__limit(p, o, "max_bytes"),
		.high_bytes = value__limit(p, o, "high_bytes"),
		.kinds = parse_parts__kinds(p, o),
		.failed = value__optional(p, o, "failed"),
		.asked_bytes = value__optional(p, o, "asked_bytes"),
		.refused_by = value__text(p, o, "refused_by"),
		.pid = value__optional32(p, o, "pid"),
		.comm = value__text(p, o, "comm"),
	};

	u.chain = parse_parts__chain(p, o, &u.chain_count);
	record->usage = u;
}

static void parse_reclaim(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_reclaim r = {
		.kind = reclaim_kind_named(p, value__text(p, o, "kind")),
		.cgroup_id = value__number(p, o, "cgroup_id"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = parse_parts__container(p, o),
		.since_ns = value__number(p, o, "since_ns"),
	};

	parse_parts__reclaim_sum(p, o, &r.sum);
	record->reclaim = r;
}

static void parse_stall(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_stall s = {
		.cgroup_id = value__number(p, o, "cgroup_id"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = parse_parts__container(p, o),
		.since_ns = value__number(p, o, "since_ns"),
		.file = limit_file_named(p, value__text(p, o, "file")),
		.over = value__flag(p, o, "over"),
		.duration_ns = value__number(p, o, "duration_ns"),
		.reclaim_ns = value__number(p, o, "reclaim_ns"),
		.failed = value__number(p, o, "failed"),
		.usage_bytes = value__number(p, o, "usage_bytes"),
		.max_bytes = value__limit(p, o, "max_bytes"),
	};

	record->stall = s;
}

static const struct record_frame *get_frames(struct jsonl_parser *p, struct json_object *o, const char *key,
					     size_t *count)
{
	struct json_object *list;
	size_t length = value__array(p, o, key, &list);
	struct record_frame *frames = value__new_array(p, length, sizeof(*frames));

	*count = 0;
	for (size_t i = 0; frames && i < length && !p->error; i++) {
		struct json_object *frame = value__element(p, list, i);

		if (!frame)
			break;
		frames[i].function = value__text(p, frame, "function");
		frames[i].offset = value__optional(p, frame, "offset");
		frames[i].module = value__text(p, frame, "module");
		frames[i].address = value__optional(p, frame, "address");
		*count = i + 1;
	}
	return frames;
}

static void parse_stack(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_stack s = {
		.pid = value__optional32(p, o, "pid"),
		.comm = value__text(p, o, "comm"),
		.oom_id = value__optional(p, o, "oom_id"),
		.samples = value__optional(p, o, "samples"),
		.bytes = value__optional(p, o, "bytes"),
	};

	s.user = get_frames(p, o, "user", &s.user_count);
	s.kernel = get_frames(p, o, "kernel", &s.kernel_count);
	record->stack = s;
}

/* ---- the rest ---- */

static void parse_repeats(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_repeats r = { .repeats = value__number(p, o, "repeats") };
	struct json_object *cgroup = value__object(p, o, "limit_cgroup");

	if (cgroup) {
		r.limit_cgroup_id = value__number(p, cgroup, "id");
		r.limit_cgroup = value__text(p, cgroup, "path");
	}
	record->repeats = r;
}

static void get_status(struct jsonl_parser *p, struct json_object *o, struct record_exit *e)
{
	int64_t code, signal = 0;

	e->has_status = value__has_signed(p, o, "exit_code", &code);
	if (!e->has_status)
		return;
	value__has_signed(p, o, "signal", &signal);
	if (code < 0 || code > 255 || signal < 0 || signal > SIGNAL_MAX || (signal && code != 128 + signal))
		value__fail(p, -EINVAL);
	else
		e->status = (uint32_t)(signal ? signal : code << 8);
	e->oom_victim = value__flag(p, o, "oom_victim");
}

static void parse_start(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	record->start = (struct record_start){
		.run = value__number(p, o, "run"),
		.cgroup = value__text(p, o, "cgroup"),
		.cgroup_id = value__number(p, o, "cgroup_id"),
		.pause_ns = value__optional(p, o, "pause_ns"),
		.container = parse_parts__container(p, o),
	};
	if (!record->start.cgroup)
		value__fail(p, -EINVAL);
}

static void get_refusals(struct jsonl_parser *p, struct json_object *o, struct record_exit *e)
{
	struct json_object *list;
	size_t count = value__array(p, o, "refusals", &list);
	struct record_refusal *refusals = value__new_array(p, count, sizeof(*refusals));

	for (size_t i = 0; refusals && i < count; i++) {
		struct json_object *refusal = value__element(p, list, i);

		if (!refusal)
			return;
		refusals[i].file = value__text(p, refusal, "file");
		refusals[i].has_max = value__has_limit(p, refusal, "max", &refusals[i].max);
		refusals[i].count = value__number(p, refusal, "count");
		if (!refusals[i].file)
			value__fail(p, -EINVAL);
	}
	e->has_refusals = list;
	e->refusals = refusals;
	e->refusal_count = refusals ? count : 0;
}

static struct record_rlimit get_rlimit(struct jsonl_parser *p, struct json_object *o, const char *name)
{
	struct json_object *of = value__object(p, o, name);

	if (!of)
		return (struct record_rlimit){};
	return (struct record_rlimit){
		.has = true,
		.bytes = value__number(p, of, "bytes"),
		.max_bytes = value__number(p, of, "max_bytes"),
	};
}

static void parse_exit(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct json_object *runtime = value__object(p, o, "runtime");
	struct record_exit e = {
		.run = value__optional(p, o, "run"),
		.pid = value__optional32(p, o, "pid"),
		.comm = value__text(p, o, "comm"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = value__flag(p, o, "target_gone"),
		.which = parse_parts__container(p, o),
	};

	get_status(p, o, &e);
	if (runtime) {
		e.runtime_status = value__text(p, runtime, "status");
		if (!e.runtime_status)
			value__fail(p, -EINVAL);
		e.runtime_exit_code = value__signed32(p, runtime, "exit_code");
		e.runtime_oom_killed = value__flag(p, runtime, "oom_killed");
	}
	e.killer = parse_signal__killer(p, o, "killer");
	parse_signal__stop(p, o, &e.stop);
	get_refusals(p, o, &e);
	e.address_space = get_rlimit(p, o, "address_space");
	e.data = get_rlimit(p, o, "data");
	record->exit = e;
}

static void parse_lost(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_lost lost = {
		.kind = value__text(p, o, "kind"),
		.count = value__number(p, o, "count"),
		.within_ns = value__optional(p, o, "within_ns"),
	};

	if (!lost.kind)
		value__fail(p, -EINVAL);
	record->lost = lost;
}

static void get_kernel_events(struct jsonl_parser *p, struct json_object *o, struct record_end *end)
{
	struct json_object *counts = value__object(p, o, "kernel_events");

	if (!counts)
		return;
	end->has_kernel_events = true;
	end->kernel_events = (struct record_kernel_events){
		.max = value__number(p, counts, "max"),
		.oom = value__number(p, counts, "oom"),
		.oom_kill = value__number(p, counts, "oom_kill"),
		.oom_group_kill = value__optional(p, counts, "oom_group_kill"),
		.has_group_kill = json_object_object_get_ex(counts, "oom_group_kill", NULL),
		.whole = value__flag(p, counts, "whole"),
	};
}

static void parse_end(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_end end = {
		.reason = value__text(p, o, "reason"),
		.ooms = value__number(p, o, "ooms"),
		.kills = value__number(p, o, "kills"),
		.lost = value__number(p, o, "lost"),
		.nameless = value__optional(p, o, "nameless_stacks"),
		.skipped_exits = value__optional(p, o, "skipped_exits"),
		.skipped_signals = value__optional(p, o, "skipped_signals"),
		.early_kills = value__optional(p, o, "early_kills"),
		.given_up = value__optional(p, o, "recorders_given_up"),
	};

	end.missing_count = get_probes(p, o, "not_attached", &end.missing);
	get_kernel_events(p, o, &end);
	if (!end.reason)
		value__fail(p, -EINVAL);
	record->end = end;
}

static void parse_min_try(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_min_try tried = {
		.max_bytes = value__number(p, o, "max_bytes"),
		.result = value__flag(p, o, "holds") ? TRY_HOLDS : TRY_TOO_SMALL,
	};

	record->min_try = tried;
}

static void parse_min(struct jsonl_parser *p, struct json_object *o, struct record *record)
{
	struct record_min m = {
		.cgroup = value__text(p, o, "cgroup"),
		.usage_bytes = value__number(p, o, "usage_bytes"),
		.floor_bytes = value__number(p, o, "floor_bytes"),
		.hold_ns = value__number(p, o, "hold_ns"),
		.tries = value__number32(p, o, "tries"),
		.kills = value__number(p, o, "kills"),
		.found_bytes = value__optional(p, o, "max_bytes"),
	};

	if (m.found_bytes)
		m.margin_bytes = value__number(p, o, "recommended_bytes") - m.found_bytes;
	/* With none it was about to begin, which isn't recorded. */
	if (!m.tries || m.found_bytes + m.margin_bytes < m.found_bytes)
		value__fail(p, -EINVAL);
	record->min = m;
}

/* Each fills in all but kind and time. What the record refers to is the parser's, or the object's. */
static void (*const parsers[RECORD_KINDS])(struct jsonl_parser *p, struct json_object *o,
					   struct record *record) = {
	[RECORD_SESSION] = parse_session,
	[RECORD_OOM] = parse_oom__record,
	[RECORD_LIMIT] = parse_limit,
	[RECORD_STEP] = parse_step,
	[RECORD_STEPS] = parse_steps,
	[RECORD_REPEATS] = parse_repeats,
	[RECORD_USAGE] = parse_usage,
	[RECORD_RECLAIM] = parse_reclaim,
	[RECORD_STALL] = parse_stall,
	[RECORD_STACK] = parse_stack,
	[RECORD_EXIT] = parse_exit,
	[RECORD_LOST] = parse_lost,
	[RECORD_END] = parse_end,
	[RECORD_MIN_TRY] = parse_min_try,
	[RECORD_MIN] = parse_min,
	[RECORD_USER_KILL] = parse_log__user_kill,
	[RECORD_RELIEF] = relief_json__parse,
	[RECORD_KERNEL_LOG] = parse_log__kernel_log,
	[RECORD_SIGKILL] = parse_signal__record,
	[RECORD_START] = parse_start,
	[RECORD_NEAR_LIMIT] = hook_json__parse_near_limit,
	[RECORD_HOOK] = hook_json__parse,
	[RECORD_SNAPSHOT] = snapshot_json__parse,
};

/* RECORD_KINDS: none that we know. */
static enum record_kind kind_named(const char *type)
{
	int kind = 0;

	while (kind < RECORD_KINDS && strcmp(type, record_names__type((enum record_kind)kind)))
		kind++;
	return (enum record_kind)kind;
}

int jsonl_parser__deliver(struct jsonl_parser *p, struct json_object *o, struct sink *sink, int *sink_error)
{
	struct record record = {};
	const char *type;

	p->error = 0;
	type = json_object_is_type(o, json_type_object) ? value__text(p, o, "type") : NULL;
	if (!type)
		return -EINVAL;
	record.kind = kind_named(type);
	if (record.kind == RECORD_KINDS)
		return -ENOENT;
	record.time = parse_parts__time(p, o);
	parsers[record.kind](p, o, &record);
	if (!p->error)
		*sink_error = sink__take(sink, &record);
	value__free_arrays(p);
	return p->error;
}

struct jsonl_parser *jsonl_parser__new(void)
{
	return calloc(1, sizeof(struct jsonl_parser));
}

void jsonl_parser__free(struct jsonl_parser *p)
{
	if (p)
		value__free_arrays(p);
	free(p);
}
