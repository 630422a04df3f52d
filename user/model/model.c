// SPDX-License-Identifier: GPL-2.0-only
#include "model/model.h"

#include <signal.h>
#include <stdlib.h>

#include "model/before.h"
#include "model/cause.h"
#include "model/children.h"
#include "model/kill_senders.h"
#include "model/limit_writes.h"
#include "model/oom_run.h"
#include "model/relief.h"
#include "model/tmpfs.h"
#include "model/usage.h"
#include "record/time.h"

#define EARLY_MAX 16

struct model {
	struct model_env env;
	struct model_totals totals;
	struct oom_run *run;
	struct limit_writes writes;
	struct usage *usage;
	struct kill_senders *senders;
	struct relief *relief;
	struct before *before;
	struct children children;
	struct tmpfs tmpfs;
	/* Of victims whose run is still open: their OOM's record comes first. */
	struct event_relief early[EARLY_MAX];
	size_t early_count;
};

struct model *model__new(const struct model_env *env)
{
	struct model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL;
	model->env = *env;
	model->writes.env = &model->env;
	model->run = oom_run__new(&model->env);
	model->usage = usage__new(&model->env);
	model->senders = kill_senders__new(&model->env);
	model->relief = relief__new(&model->env);
	model->before = before__new();
	if (model->run && model->usage && model->senders && model->relief && model->before)
		return model;
	model__free(model);
	return NULL;
}

void model__free(struct model *model)
{
	if (!model)
		return;
	oom_run__free(model->run);
	usage__free(model->usage);
	kill_senders__free(model->senders);
	relief__free(model->relief);
	before__free(model->before);
	children__release(&model->children);
	limit_writes__release(&model->writes);
	free(model);
}

static void decide_cause(struct model *model, struct record *record)
{
	const struct event_oom *oom = oom_run__oom(model->run);
	uint64_t started_ns = oom ? cause__write_start(oom) : 0;
	uint64_t number = 0;

	if (!oom)
		return;
	if (started_ns && (oom->in_write_ns || !limit_writes__is_forgotten(&model->writes, started_ns)))
		number = limit_writes__number(&model->writes, started_ns);
	cause__decide(record, oom, model->env.page_size, model->env.sees_writes, number);
}

static void tell_early(struct model *model, int64_t wall_offset_ns)
{
	for (size_t i = 0; i < model->early_count; i++)
		relief__event(model->relief, &model->early[i], wall_offset_ns);
	model->early_count = 0;
}

/* Hands over the run that is open. */
static void finish_run(struct model *model)
{
	struct record *record = oom_run__record(model->run);
	const struct event_oom *oom = oom_run__oom(model->run);
	struct record_history history;
	struct record_before before;

	if (record && model->env.wants_oom && !model->env.wants_oom(model->env.ctx, record)) {
		model->early_count = 0;
	} else if (record) {
		decide_cause(model, record);
		if (children__fill(&model->children, record, &model->env, model->usage))
			record->oom.children = &model->children.record;
		if (tmpfs__fill(&model->tmpfs, record, &model->env))
			record->oom.tmpfs = &model->tmpfs.record;
		if (usage__history(model->usage, record, &history))
			record->oom.history = &history;
		if (record->oom.limit &&
		    before__find(model->before, record->oom.limit->id, record->time.boot_ns, &before))
			record->oom.before = &before;
		if (record->oom.killed)
			usage__killed(model->usage, &record->oom);
		if (model->env.relief_since_ns)
			relief__killed(model->relief, &record->oom, record->time.boot_ns,
				       oom ? oom->limit_cgroup_id : 0);
		model->totals.ooms++;
		model->totals.kills += record->oom.killed;
		model_env__tell(&model->env, record);
		/* What the ring has may be any number. */
		tell_early(model, (int64_t)((uint64_t)record->time.wall_ns - record->time.boot_ns));
	}
	oom_run__close(model->run);
}

static void handle_relief(struct model *model, const struct event_relief *e, int64_t wall_offset_ns)
{
	if (e->oom_id == oom_run__id(model->run) && model->early_count < EARLY_MAX)
		model->early[model->early_count++] = *e;
	else
		relief__event(model->relief, e, wall_offset_ns);
}

static struct record_rlimit rlimit_of(const struct model *model, const struct event_exit *e, uint64_t pages,
				      uint64_t max_bytes)
{
	return (struct record_rlimit){
		.has = e->h.flags & EXIT_HAS_SIZE && max_bytes != UINT64_MAX,
		.bytes = pages * model->env.page_size,
		.max_bytes = max_bytes,
	};
}

static void handle_exit(struct model *model, const struct event_exit *e, int64_t wall_offset_ns)
{
	struct record record = {
		.kind = RECORD_EXIT,
		.time = record_time__at(e->h.ts_ns, wall_offset_ns),
		.exit = {
			.pid = e->pid,
			.comm = e->comm,
			.cgroup = usage__path(model->usage, e->cgroup_id),
			.status = e->status,
			.has_status = true,
			.ns_init = e->h.flags & EXIT_NS_INIT,
			.oom_victim = e->h.flags & EXIT_OOM_VICTIM ||
				      oom_run__was_victim(model->run, e->pid, e->start_ns),
			.address_space = rlimit_of(model, e, e->vm_pages, e->vm_max_bytes),
			.data = rlimit_of(model, e, e->data_pages, e->data_max_bytes),
		},
	};

	if ((e->status & 0x7f) != SIGKILL)
		record.exit.stop = kill_senders__stop(model->senders, e);
	model_env__tell(&model->env, &record);
}

static int handle_run(struct model *model, const union event *event, int64_t wall_offset_ns)
{
	uint64_t open = oom_run__id(model->run);
	int err;

	/* oom_lock serialises the runs: with a new one, the old one's end can only have been lost. */
	if (open && event->h.group != open)
		finish_run(model);
	err = oom_run__event(model->run, event, wall_offset_ns);
	if (oom_run__is_over(model->run))
		finish_run(model);
	return err;
}

int model__event(struct model *model, const union event *event, int64_t wall_offset_ns)
{
	if (event->h.kind == EVENT_EXIT) {
		handle_exit(model, &event->exit, wall_offset_ns);
		return 0;
	}
	if (event->h.group & GROUP_SIGNAL)
		return kill_senders__event(model->senders, event, wall_offset_ns);
	if (event->h.kind == EVENT_USAGE || event->h.kind == EVENT_RECLAIM || event->h.group & GROUP_CHARGE)
		return usage__event(model->usage, event, wall_offset_ns);
	if (event->h.kind == EVENT_RELIEF) {
		handle_relief(model, &event->relief, wall_offset_ns);
		return 0;
	}
	if (event->h.kind == EVENT_SAMPLED || event->h.kind == EVENT_STACK)
		return 0;
	if (event->h.group & GROUP_LIMIT)
		return limit_writes__event(&model->writes, event, wall_offset_ns);
	return handle_run(model, event, wall_offset_ns);
}

void model__expire(struct model *model, uint64_t boot_ns)
{
	/* We weren't attached when it began, so its end may go by unseen. */
	if (oom_run__is_late(model->run, boot_ns))
		finish_run(model);
	usage__expire(model->usage, boot_ns);
}

bool model__history(struct model *model, uint64_t cgroup_id, uint64_t boot_ns, struct record_history *out)
{
	return usage__curve(model->usage, cgroup_id, boot_ns, out);
}

void model__finish(struct model *model)
{
	if (oom_run__id(model->run))
		finish_run(model);
}

void model__note_snapshot(struct model *model, const struct record *record)
{
	before__note(model->before, record);
}

void model__set_init(struct model *model, uint32_t init_pid)
{
	model->env.init_pid = init_pid;
}

uint64_t model__given_up(const struct model *model)
{
	return usage__given_up(model->usage);
}

struct model_totals model__totals(const struct model *model)
{
	return model->totals;
}
