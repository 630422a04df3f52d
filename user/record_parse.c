// SPDX-License-Identifier: GPL-2.0-only
/* Its counterpart is sink_json.c: a key that is written there is read here. */
#include "record_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "record_value.h"

#define SIGNAL_MAX 64

/* Which of the names that `name_of` gives to first..last it is; fails if none. */
#define DEFINE_NAMED(function, type, name_of, first, last)                            \
	static type function(struct record_parser *p, const char *name)               \
	{                                                                             \
		for (int i = (first); name && i <= (int)(last); i++) {                \
			if (!strcmp(name, name_of((type)i)))                          \
				return (type)i;                                       \
		}                                                                     \
		value__fail(p, -EINVAL);                                                     \
		return (type)(first);                                                 \
	}

DEFINE_NAMED(role_named, enum record_role, sink__role_name, ROLE_CHOSEN, ROLE_EXITING)
DEFINE_NAMED(outcome_named, enum oom_outcome, sink__outcome_name, OOM_KILLED, OOM_EXITING)
DEFINE_NAMED(cause_named, enum record_cause, sink__cause_name, CAUSE_WRITE, CAUSE_SYSRQ)
DEFINE_NAMED(limit_file_named, enum limit_file, sink__limit_file_name, LIMIT_MAX, LIMIT_SWAP_MAX)
DEFINE_NAMED(reclaim_kind_named, enum reclaim_kind, sink__reclaim_name, RECLAIM_LIMIT, RECLAIM_THROTTLE)

/* ---- what several records have ---- */

static struct record_time get_time(struct record_parser *p, struct json_object *o)
{
	struct record_time time = { .boot_ns = value__number(p, o, "ts_ns") };
	const char *wall = value__text(p, o, "time");

	if (time.boot_ns > INT64_MAX)
		value__fail(p, -EINVAL);
	if (wall && sink__parse_time(wall, &time.wall_ns))
		value__fail(p, -EINVAL);
	if (!wall && (__builtin_add_overflow((int64_t)time.boot_ns, p->wall_offset_ns, &time.wall_ns) ||
		      time.wall_ns < 0))
		value__fail(p, -EINVAL);
	return time;
}

static enum container_runtime runtime_named(const char *name)
{
	for (int i = CONTAINER__UNKNOWN + 1; i <= CONTAINER__BUILDKIT; i++) {
		if (!strcmp(name, container__runtime_name((enum container_runtime)i)))
			return (enum container_runtime)i;
	}
	return CONTAINER__OCI; /* one that we don't know yet */
}

/* An id, which is printable ASCII: made valid UTF-8 another would no longer fit. */
static void copy_id(struct record_parser *p, char *dst, size_t size, const char *id)
{
	bool good = strlen(id) < size;

	for (const char *c = id; *c; c++)
		good = good && *c > ' ' && *c < 0x7f;
	if (good)
		strcpy(dst, id);
	else
		value__fail(p, -EINVAL);
}

static struct record_container get_container(struct record_parser *p, struct json_object *o)
{
	struct record_container c = {};
	struct json_object *container = value__object(p, o, "container");
	const char *runtime, *id, *pod_uid;

	if (!container)
		return c;
	runtime = value__text(p, container, "runtime");
	id = value__text(p, container, "id");
	pod_uid = value__text(p, container, "pod_uid");
	c.name = value__text(p, container, "name");
	if (!runtime) {
		value__fail(p, -EINVAL);
		return c;
	}
	c.ref.runtime = runtime_named(runtime);
	if (id)
		copy_id(p, c.ref.id, sizeof(c.ref.id), id);
	if (pod_uid)
		copy_id(p, c.ref.pod_uid, sizeof(c.ref.pod_uid), pod_uid);
	return c;
}

/* How much of the path is the container's own cgroup isn't recorded: the path tells again. */
static void find_prefix(struct container_ref *ref, const char *path)
{
	struct container_ref found;

	if (ref->runtime != CONTAINER__UNKNOWN && path && !container__from_cgroup_path(path, &found) &&
	    !strcmp(found.id, ref->id))
		ref->prefix_len = found.prefix_len;
}

static void get_level(struct record_parser *p, struct json_object *o, struct record_level *l)
{
	l->id = value__number(p, o, "id");
	l->path = value__text(p, o, "path");
	l->is_limit = value__flag(p, o, "limit");
	l->has_memory = value__has_number(p, o, "usage_bytes", &l->usage_bytes);
	if (l->has_memory) {
		l->max_bytes = value__limit(p, o, "max_bytes");
		l->high_bytes = value__limit(p, o, "high_bytes");
		l->peak_bytes = value__number(p, o, "peak_bytes");
		l->oom_group = value__flag(p, o, "oom_group");
	}
	l->has_swap = value__has_number(p, o, "swap_usage_bytes", &l->swap_usage_bytes);
	if (l->has_swap)
		l->swap_max_bytes = value__limit(p, o, "swap_max_bytes");
}

static const struct record_level *get_chain(struct record_parser *p, struct json_object *o,
					    size_t *count)
{
	struct json_object *list;
	size_t length = value__array(p, o, "chain", &list);
	struct record_level *levels = value__new_array(p, length, sizeof(*levels));

	*count = 0;
	for (size_t i = 0; levels && i < length && !p->error; i++) {
		struct json_object *level = value__element(p, list, i);

		if (level)
			get_level(p, level, &levels[i]);
		*count = i + 1;
	}
	return levels;
}

static void get_reclaim_sum(struct record_parser *p, struct json_object *o,
			    struct record_reclaim_sum *sum)
{
	sum->runs = value__number(p, o, "runs");
	sum->duration_ns = value__number(p, o, "duration_ns");
	sum->longest_ns = value__number(p, o, "longest_ns");
	sum->reclaimed_bytes = value__number(p, o, "reclaimed_bytes");
}

/* ---- session ---- */

static void get_choice(struct record_parser *p, struct json_object *o, struct plan *plan)
{
	const char *purpose = value__text(p, o, "purpose"), *attached = value__text(p, o, "attached");
	int64_t error = 0;

	value__has_signed(p, o, "error", &error);
	if (error > 0 || error < -4095)
		value__fail(p, -EINVAL);
	for (int i = 0; purpose && i < PLAN_PURPOSES; i++) {
		struct plan_choice *choice = &plan->choices[i];

		if (strcmp(purpose, plan_purposes[i].name))
			continue;
		/* What isn't attached and has no error was not wanted. */
		choice->wanted = attached || error;
		choice->error = (int)error;
		for (int c = 0; attached && c < PLAN_CANDIDATES; c++) {
			const char *label = plan_purposes[i].candidates[c].label;

			if (label && !strcmp(attached, label))
				choice->candidate = c;
		}
		/* By a program of another version: it was attached all the same. */
		if (attached && choice->candidate == PLAN_NOT_ATTACHED)
			choice->wanted = false;
	}
}

/* Purposes that this version doesn't have are passed over, those that it lacks were not wanted. */
static void get_plan(struct record_parser *p, struct json_object *o)
{
	struct json_object *list;
	size_t length = value__array(p, o, "plan", &list);

	memset(&p->plan, 0, sizeof(p->plan));
	for (int i = 0; i < PLAN_PURPOSES; i++)
		p->plan.choices[i].candidate = PLAN_NOT_ATTACHED;
	for (size_t i = 0; i < length && !p->error; i++) {
		struct json_object *choice = value__element(p, list, i);

		if (choice)
			get_choice(p, choice, &p->plan);
	}
}

static void get_target(struct record_parser *p, struct json_object *o, struct record_session *s)
{
	struct json_object *target = value__object(p, o, "target");

	if (!target) {
		value__fail(p, -EINVAL);
		return;
	}
	s->target_kind = value__text(p, target, "kind");
	s->target_name = value__text(p, target, "name");
	s->target_cgroup = value__text(p, target, "cgroup");
	s->container = get_container(p, target);
}

static void get_machine_memory(struct record_parser *p, struct json_object *o,
			       struct record_session *s)
{
	struct json_object *memory = value__object(p, o, "memory");

	if (!memory)
		return;
	s->has_memory = true;
	s->machine_total_bytes = value__number(p, memory, "machine_total_bytes");
	s->machine_available_bytes = value__number(p, memory, "machine_available_bytes");
	s->usage_bytes = value__number(p, memory, "usage_bytes");
	s->max_bytes = value__limit(p, memory, "max");
	s->max_cgroup = value__text(p, memory, "max_cgroup");
}

static int parse_session(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_session s = {
		.time = get_time(p, o),
		.version = value__text(p, o, "version"),
		.kernel = value__text(p, o, "kernel"),
		.arch = value__text(p, o, "arch"),
		.page_size = value__number32(p, o, "page_size"),
		.part = value__optional(p, o, "part"),
		.plan = &p->plan,
	};
	int64_t offset_ns = value__signed(p, o, "wall_offset_ns");
	int64_t wall_ns;

	value__number(p, o, "schema");
	if (!s.version || !s.kernel || !s.arch)
		value__fail(p, -EINVAL);
	/* `time` has microseconds only. */
	if (__builtin_add_overflow((int64_t)s.time.boot_ns, offset_ns, &wall_ns) || wall_ns < 0)
		value__fail(p, -EINVAL);
	s.time.wall_ns = wall_ns;
	get_target(p, o, &s);
	get_machine_memory(p, o, &s);
	get_plan(p, o);
	if (p->error)
		return 0;
	p->wall_offset_ns = offset_ns;
	return sink__call(sink, session, &s);
}

/* ---- oom ---- */

static void get_cmdline(struct record_parser *p, struct json_object *o, struct record_victim *v)
{
	struct json_object *list;
	size_t count = value__array(p, o, "cmdline", &list), size = 1;
	char *bytes;

	if (!list)
		return;
	for (size_t i = 0; i < count; i++) {
		struct json_object *argument = json_object_array_get_idx(list, i);

		if (!json_object_is_type(argument, json_type_string)) {
			value__fail(p, -EINVAL);
			return;
		}
		size += strlen(json_object_get_string(argument)) + 1;
	}
	bytes = value__new_array(p, size, 1);
	if (!bytes)
		return;
	v->cmdline = bytes;
	for (size_t i = 0; i < count; i++)
		bytes = stpcpy(bytes, json_object_get_string(json_object_array_get_idx(list, i))) + 1;
	v->cmdline_len = (size_t)(bytes - v->cmdline);
	v->cmdline_cut = value__flag(p, o, "cmdline_cut");
	v->cmdline_source = value__text(p, o, "cmdline_source");
}

static void get_victim_memory(struct record_parser *p, struct json_object *o,
			      struct record_victim *v)
{
	v->has_mm = value__has_number(p, o, "total_vm_bytes", &v->total_vm_bytes);
	if (!v->has_mm)
		return;
	v->anon_rss_bytes = value__number(p, o, "anon_rss_bytes");
	v->file_rss_bytes = value__number(p, o, "file_rss_bytes");
	v->shmem_rss_bytes = value__number(p, o, "shmem_rss_bytes");
	v->pgtables_bytes = value__number(p, o, "pgtables_bytes");
	v->swap_bytes = value__number(p, o, "swap_bytes");
	v->rss_exact = value__flag(p, o, "rss_exact");
}

static void get_victim(struct record_parser *p, struct json_object *o, struct record_victim *v)
{
	v->ts_ns = value__number(p, o, "ts_ns");
	v->pid = value__number32(p, o, "pid");
	v->tid = value__number32(p, o, "tid");
	v->ppid = value__number32(p, o, "ppid");
	v->ns_pid = value__number32(p, o, "ns_pid");
	v->uid = value__number32(p, o, "uid");
	v->oom_score_adj = value__signed32(p, o, "oom_score_adj");
	v->comm = value__text(p, o, "comm");
	get_cmdline(p, o, v);
	v->has_points = value__has_signed(p, o, "points", &v->points);
	get_victim_memory(p, o, v);
	v->cgroup = value__text(p, o, "cgroup");
	v->container = get_container(p, o);
	find_prefix(&v->container.ref, v->cgroup);
	v->init = value__flag(p, o, "init");
	v->role = role_named(p, value__text(p, o, "role"));
	v->repeated = value__flag(p, o, "repeated");
}

static void get_victims(struct record_parser *p, struct json_object *o, struct record_oom *oom)
{
	struct json_object *list;
	size_t count = value__array(p, o, "victims", &list);
	struct record_victim *victims = value__new_array(p, count, sizeof(*victims));

	for (size_t i = 0; victims && i < count && !p->error; i++) {
		struct json_object *victim = value__element(p, list, i);

		if (victim)
			get_victim(p, victim, &victims[i]);
		oom->victim_count = i + 1;
	}
	oom->victims = victims;
}

static void get_trigger(struct record_parser *p, struct json_object *o, struct record_oom *oom)
{
	struct json_object *trigger = value__object(p, o, "trigger");

	if (!trigger)
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
	oom->trigger_container = get_container(p, trigger);
	find_prefix(&oom->trigger_container.ref, oom->trigger_cgroup);
	oom->gfp_mask = value__number32(p, trigger, "gfp_mask");
	oom->order = value__signed32(p, trigger, "order");
}

static void get_cause(struct record_parser *p, struct json_object *o, struct record_oom *oom)
{
	struct json_object *cause = value__object(p, o, "cause");

	if (!cause)
		return;
	oom->cause = cause_named(p, value__text(p, cause, "kind"));
	oom->cause_limit_id = value__optional(p, cause, "limit_id");
	oom->cause_since_ns = value__optional(p, cause, "since_ns");
}

static void get_memory(struct record_parser *p, struct json_object *o, struct record_oom *oom,
		       struct record_memory *memory)
{
	struct json_object *items = value__object(p, o, "memory");

	if (!items)
		return;
	for (int i = 0; i < MEMORY_ITEMS; i++) {
		if (value__has_number(p, items, sink__memory_key((enum memory_item)i), &memory->bytes[i]))
			memory->known |= 1u << i;
	}
	memory->exact = value__flag(p, items, "exact");
	oom->memory = memory;
}

static struct record_kinds get_kinds(struct record_parser *p, struct json_object *o)
{
	struct record_kinds kinds = { .exact = value__flag(p, o, "kinds_exact") };
	uint64_t bytes;

	if (value__has_number(p, o, "kernel_bytes", &bytes))
		kinds__set_kernel(&kinds, bytes, false);
	else if (value__has_number(p, o, "kernel_least_bytes", &bytes))
		kinds__set_kernel(&kinds, bytes, true);
	if (value__has_number(p, o, "sock_bytes", &bytes))
		kinds__set_sock(&kinds, bytes);
	return kinds;
}

/* An element of an array; NULL: it is missing, or null, or of another type, which fails the record. */
static struct json_object *element_of(struct record_parser *p, struct json_object *list, size_t i,
				      enum json_type type)
{
	struct json_object *value = json_object_array_get_idx(list, i);

	if (!value || json_object_is_type(value, type))
		return value;
	value__fail(p, -EINVAL);
	return NULL;
}

/* Elements 3 to 5 of a point: kernel memory, socket memory, whether these are exact. */
static struct record_kinds get_point_kinds(struct record_parser *p, struct json_object *o, bool kernel_is_least)
{
	struct json_object *kernel = element_of(p, o, 3, json_type_int);
	struct json_object *sock = element_of(p, o, 4, json_type_int);
	struct json_object *exact = element_of(p, o, 5, json_type_boolean);
	struct record_kinds kinds = { .exact = exact && json_object_get_boolean(exact) };

	if (kernel)
		kinds__set_kernel(&kinds, value__unsigned(p, kernel), kernel_is_least);
	if (sock)
		kinds__set_sock(&kinds, value__unsigned(p, sock));
	return kinds;
}

static void get_point(struct record_parser *p, struct json_object *o, bool kernel_is_least,
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

static void get_history(struct record_parser *p, struct json_object *o, struct record_oom *oom,
			struct record_history *history)
{
	struct json_object *h = value__object(p, o, "history"), *list, *sum;
	struct record_point *points;
	bool kernel_is_least;
	size_t count;

	if (!h)
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
		get_reclaim_sum(p, sum, &history->reclaim);
	sum = value__object(p, h, "throttle");
	if (sum)
		get_reclaim_sum(p, sum, &history->throttle);
	history->refused = value__number(p, h, "failed");
	oom->history = history;
}

static int parse_oom(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_oom oom = { .time = get_time(p, o), .id = value__number(p, o, "id") };
	struct json_object *limit_cgroup = value__object(p, o, "limit_cgroup");
	struct record_level level = {};
	struct record_memory memory = {};
	struct record_history history = {};
	const char *outcome = value__text(p, o, "outcome");

	if (outcome)
		oom.outcome = outcome_named(p, outcome);
	oom.started_ns = value__optional(p, o, "started_ns");
	oom.duration_ns = value__optional(p, o, "duration_ns");
	get_trigger(p, o, &oom);
	get_cause(p, o, &oom);
	if (limit_cgroup) {
		get_level(p, limit_cgroup, &level);
		oom.limit = &level;
		oom.limit_container = get_container(p, limit_cgroup);
		find_prefix(&oom.limit_container.ref, level.path);
	}
	get_victims(p, o, &oom);
	oom.killed = value__number(p, o, "killed");
	oom.chain = get_chain(p, o, &oom.chain_count);
	get_memory(p, o, &oom, &memory);
	get_history(p, o, &oom, &history);
	oom.joined_late = value__flag(p, o, "joined_late");
	oom.incomplete = value__flag(p, o, "incomplete");
	oom.missing = value__optional(p, o, "victims_missing");
	return p->error ? 0 : sink__call(sink, oom, &oom);
}

/* ---- limits and steps ---- */

static int parse_limit(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct json_object *writer = value__object(p, o, "writer");
	struct record_limit l = {
		.time = get_time(p, o),
		.id = value__number(p, o, "id"),
		.file = limit_file_named(p, value__text(p, o, "file")),
		.cgroup = value__text(p, o, "cgroup"),
		.container = get_container(p, o),
		.old_bytes = value__limit(p, o, "old"),
		.new_bytes = value__limit(p, o, "new"),
		.usage_before_bytes = value__number(p, o, "usage_before_bytes"),
		.usage_after_bytes = value__number(p, o, "usage_after_bytes"),
		.reclaimed_bytes = value__number(p, o, "reclaimed_bytes"),
		.duration_ns = value__number(p, o, "duration_ns"),
		.kills = value__number32(p, o, "kills"),
		.ooms = value__number32(p, o, "ooms"),
		.result = value__signed(p, o, "result"),
	};

	if (l.result < -4095)
		value__fail(p, -EINVAL);
	if (!writer) {
		value__fail(p, -EINVAL);
		return 0;
	}
	l.writer_pid = value__number32(p, writer, "pid");
	l.writer_tid = value__number32(p, writer, "tid");
	l.writer_comm = value__text(p, writer, "comm");
	l.writer_cgroup = value__text(p, writer, "cgroup");
	l.writer_self = value__flag(p, writer, "self");
	return p->error ? 0 : sink__call(sink, limit, &l);
}

static void get_step(struct record_parser *p, struct json_object *o, struct record_step *s)
{
	s->limit_id = value__number(p, o, "limit_id");
	s->old_bytes = value__limit(p, o, "old");
	s->new_bytes = value__limit(p, o, "new");
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

static int parse_step(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_step step = { .time = get_time(p, o) };

	get_step(p, o, &step);
	return p->error ? 0 : sink__call(sink, step, &step);
}

static int parse_steps(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_steps s = { .time = get_time(p, o), .restored = value__text(p, o, "outcome") };
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
	s.has_first_kill = value__has_limit(p, o, "first_kill_max", &s.first_kill_max_bytes);
	s.died = value__has_limit(p, o, "died_max", &s.died_max_bytes);
	s.old_bytes = value__limit(p, o, "old");
	return p->error ? 0 : sink__call(sink, steps, &s);
}

/* ---- usage, reclaim, stall, stacks ---- */

static int parse_usage(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_usage u = {
		.time = get_time(p, o),
		.cgroup_id = value__number(p, o, "cgroup_id"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = get_container(p, o),
		.usage_bytes = value__number(p, o, "usage_bytes"),
		.max_bytes = value__limit(p, o, "max"),
		.high_bytes = value__limit(p, o, "high"),
		.kinds = get_kinds(p, o),
		.refused = value__optional(p, o, "failed"),
		.asked_bytes = value__optional(p, o, "asked_bytes"),
		.refused_by = value__text(p, o, "refused_by"),
		.pid = value__optional32(p, o, "pid"),
		.comm = value__text(p, o, "comm"),
	};

	u.chain = get_chain(p, o, &u.chain_count);
	return p->error ? 0 : sink__call(sink, usage, &u);
}

static int parse_reclaim(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_reclaim r = {
		.time = get_time(p, o),
		.kind = reclaim_kind_named(p, value__text(p, o, "kind")),
		.cgroup_id = value__number(p, o, "cgroup_id"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = get_container(p, o),
		.since_ns = value__number(p, o, "since_ns"),
	};

	get_reclaim_sum(p, o, &r.sum);
	return p->error ? 0 : sink__call(sink, reclaim, &r);
}

static int parse_stall(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_stall s = {
		.time = get_time(p, o),
		.cgroup_id = value__number(p, o, "cgroup_id"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = get_container(p, o),
		.since_ns = value__number(p, o, "since_ns"),
		.file = limit_file_named(p, value__text(p, o, "file")),
		.over = value__flag(p, o, "over"),
		.duration_ns = value__number(p, o, "duration_ns"),
		.reclaim_ns = value__number(p, o, "reclaim_ns"),
		.refused = value__number(p, o, "failed"),
		.usage_bytes = value__number(p, o, "usage_bytes"),
		.max_bytes = value__limit(p, o, "max"),
	};

	return p->error ? 0 : sink__call(sink, stall, &s);
}

static const struct record_frame *get_frames(struct record_parser *p, struct json_object *o,
					     const char *key, size_t *count)
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

static int parse_stack(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_stack s = {
		.time = get_time(p, o),
		.pid = value__optional32(p, o, "pid"),
		.comm = value__text(p, o, "comm"),
		.oom_id = value__optional(p, o, "oom_id"),
		.samples = value__optional(p, o, "samples"),
		.bytes = value__optional(p, o, "bytes"),
	};

	s.user = get_frames(p, o, "user", &s.user_count);
	s.kernel = get_frames(p, o, "kernel", &s.kernel_count);
	return p->error ? 0 : sink__call(sink, stack, &s);
}

/* ---- the rest ---- */

static int parse_repeats(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_repeats r = { .time = get_time(p, o), .repeats = value__number(p, o, "repeats") };
	struct json_object *cgroup = value__object(p, o, "limit_cgroup");

	if (cgroup) {
		r.limit_cgroup_id = value__number(p, cgroup, "id");
		r.limit_cgroup = value__text(p, cgroup, "path");
	}
	return p->error ? 0 : sink__call(sink, repeats, &r);
}

static void get_status(struct record_parser *p, struct json_object *o, struct record_exit *e)
{
	int64_t code, signal = 0;

	e->has_status = value__has_signed(p, o, "exit_code", &code);
	if (!e->has_status)
		return;
	value__has_signed(p, o, "signal", &signal);
	if (code < 0 || code > 255 || signal < 0 || signal > SIGNAL_MAX ||
	    (signal && code != 128 + signal))
		value__fail(p, -EINVAL);
	else
		e->status = (uint32_t)(signal ? signal : code << 8);
	e->oom_victim = value__flag(p, o, "oom_victim");
}

static int parse_exit(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct json_object *runtime = value__object(p, o, "runtime");
	struct record_exit e = {
		.time = get_time(p, o),
		.pid = value__optional32(p, o, "pid"),
		.comm = value__text(p, o, "comm"),
		.cgroup = value__text(p, o, "cgroup"),
		.container = value__flag(p, o, "target_gone"),
		.which = get_container(p, o),
	};

	get_status(p, o, &e);
	if (runtime) {
		e.runtime_status = value__text(p, runtime, "status");
		if (!e.runtime_status)
			value__fail(p, -EINVAL);
		e.runtime_exit_code = value__signed32(p, runtime, "exit_code");
		e.runtime_oom_killed = value__flag(p, runtime, "oom_killed");
	}
	return p->error ? 0 : sink__call(sink, exit, &e);
}

static int parse_lost(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_lost lost = {
		.time = get_time(p, o),
		.kind = value__text(p, o, "kind"),
		.count = value__number(p, o, "count"),
	};

	if (!lost.kind)
		value__fail(p, -EINVAL);
	return p->error ? 0 : sink__call(sink, lost, &lost);
}

static int parse_end(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_end end = {
		.time = get_time(p, o),
		.reason = value__text(p, o, "reason"),
		.ooms = value__number(p, o, "ooms"),
		.kills = value__number(p, o, "kills"),
		.lost = value__number(p, o, "lost"),
		.nameless = value__optional(p, o, "nameless_stacks"),
	};

	if (!end.reason)
		value__fail(p, -EINVAL);
	return p->error ? 0 : sink__call(sink, end, &end);
}

static int parse_min_try(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_try tried = {
		.time = get_time(p, o),
		.max_bytes = value__number(p, o, "max_bytes"),
		.result = value__flag(p, o, "holds") ? TRY_HOLDS : TRY_TOO_SMALL,
	};

	return p->error ? 0 : sink__call(sink, min_try, &tried);
}

static int parse_min(struct record_parser *p, struct json_object *o, struct sink *sink)
{
	struct record_min m = {
		.time = get_time(p, o),
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
	return p->error ? 0 : sink__call(sink, min, &m);
}

/* Each hands a record over unless it failed; returns what the sink returned. */
static const struct {
	const char *type;
	int (*parse)(struct record_parser *p, struct json_object *o, struct sink *sink);
} types[] = {
	{ "usage", parse_usage }, /* most are */
	{ "oom", parse_oom },
	{ "limit", parse_limit },
	{ "reclaim", parse_reclaim },
	{ "stack", parse_stack },
	{ "exit", parse_exit },
	{ "step", parse_step },
	{ "stall", parse_stall },
	{ "session", parse_session },
	{ "steps", parse_steps },
	{ "oom-repeats", parse_repeats },
	{ "lost", parse_lost },
	{ "end", parse_end },
	{ "min-try", parse_min_try },
	{ "min", parse_min },
};

int record_parser__deliver(struct record_parser *p, struct json_object *o, struct sink *sink,
			   int *sink_error)
{
	const char *type;
	int result;

	p->error = 0;
	type = json_object_is_type(o, json_type_object) ? value__text(p, o, "type") : NULL;
	if (!type)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(type, types[i].type))
			continue;
		result = types[i].parse(p, o, sink);
		if (!p->error)
			*sink_error = result;
		value__free_arrays(p);
		return p->error;
	}
	return -ENOENT;
}

struct record_parser *record_parser__new(void)
{
	return calloc(1, sizeof(struct record_parser));
}

void record_parser__free(struct record_parser *p)
{
	if (p)
		value__free_arrays(p);
	free(p);
}
