// SPDX-License-Identifier: GPL-2.0-only
#include "model/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/cgroup_chain.h"
#include "model/usage.h"

#define RECENT_VICTIMS 1024
#define RECENT_WRITES 1024
#define LATE_RUN_NS 1000000000ULL

struct victim_node {
	struct event_victim event;
	struct cmdline_entry cmdline; /* when the event has none */
	const char *cmdline_source;
	bool repeated;
};

struct seen_victim {
	uint32_t pid;
	uint64_t start_ns;
};

struct model {
	struct model_env env;
	struct model_totals totals;

	/* The run that is being put together; id 0: none. */
	uint64_t id;
	int64_t wall_offset_ns;
	bool has_oom, has_end, has_memory;
	struct event_oom oom;
	struct event_memory memory;
	struct event_oom_end end;
	struct cgroup_chain_set cgroups;
	struct victim_node *victims;
	size_t victim_count, victim_room;

	/* When the latest writes began; the n-th that was heard of has the number n. */
	uint64_t write_starts[RECENT_WRITES];
	uint64_t write_count;
	struct cgroup_chain_pending writes;
	struct usage *usage;

	/* Who was killed lately: a process's exit comes after its run is done. */
	struct seen_victim recent[RECENT_VICTIMS];
	size_t recent_next;
};

struct model *model__new(const struct model_env *env)
{
	struct model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL;
	model->env = *env;
	model->usage = usage__new(&model->env);
	if (!model->usage) {
		free(model);
		return NULL;
	}
	return model;
}

static void reset(struct model *model)
{
	cgroup_chain__clear(&model->cgroups);
	model->victim_count = 0;
	model->has_oom = model->has_end = model->has_memory = false;
	model->id = 0;
}

void model__free(struct model *model)
{
	if (!model)
		return;
	usage__free(model->usage);
	cgroup_chain__free_pending(&model->writes);
	cgroup_chain__free(&model->cgroups);
	free(model->victims);
	free(model);
}

struct record_container model__container(const struct model_env *env, const char *path)
{
	struct record_container c = {};

	if (!path || container__from_cgroup_path(path, &c.ref))
		memset(&c.ref, 0, sizeof(c.ref));
	else if (env->container_name)
		c.name = env->container_name(env->ctx, &c.ref);
	return c;
}

struct record_time model__time(uint64_t boot_ns, int64_t wall_offset_ns)
{
	/* Unsigned, because the event's time is not trusted to be one. */
	return (struct record_time){ .boot_ns = boot_ns,
				     .wall_ns = (int64_t)(boot_ns + (uint64_t)wall_offset_ns) };
}

static enum record_role role_of(uint32_t flags)
{
	if (flags & VICTIM_EXITING)
		return ROLE_EXITING;
	if (flags & VICTIM_SHARES_MM)
		return ROLE_SHARES_MM;
	return flags & VICTIM_GROUP ? ROLE_GROUP : ROLE_CHOSEN;
}

/* get_mm_counter() shows a negative sum as 0, include/linux/mm.h */
static uint64_t rss_bytes(const struct model *model, int64_t pages)
{
	return pages > 0 ? (uint64_t)pages * model->env.page_size : 0;
}

static void fill_victim_memory(const struct model *model, const struct event_victim *e,
			       struct record_victim *v)
{
	v->has_mm = true;
	v->rss_exact = e->h.flags & VICTIM_RSS_EXACT;
	v->total_vm_bytes = e->total_vm_pages * model->env.page_size;
	v->anon_rss_bytes = rss_bytes(model, e->anon_rss_pages);
	v->file_rss_bytes = rss_bytes(model, e->file_rss_pages);
	v->shmem_rss_bytes = rss_bytes(model, e->shmem_rss_pages);
	v->swap_bytes = rss_bytes(model, e->swap_entries);
	v->pgtables_bytes = e->pgtables_bytes;
}

static void fill_victim(struct model *model, const struct victim_node *node, struct record_victim *v)
{
	const struct event_victim *e = &node->event;

	*v = (struct record_victim){
		.ts_ns = e->h.ts_ns,
		.pid = e->pid,
		.tid = e->tid,
		.ppid = e->ppid,
		.ns_pid = e->ns_pid,
		.uid = e->uid,
		.oom_score_adj = e->oom_score_adj,
		.role = role_of(e->h.flags),
		.repeated = node->repeated,
		.comm = e->comm,
		.cgroup = cgroup_chain__path(&model->cgroups, e->cgroup_id),
	};
	v->container = model__container(&model->env, v->cgroup);
	v->init = model->env.init_pid ? e->pid == model->env.init_pid : (e->h.flags & VICTIM_NS_INIT) != 0;
	v->has_points = v->role == ROLE_CHOSEN && model->has_oom && !node->repeated &&
			model->oom.outcome == OOM_KILLED && model->oom.chosen_pid == e->pid;
	if (v->has_points)
		v->points = model->oom.chosen_points;
	if (e->h.flags & VICTIM_HAS_MM)
		fill_victim_memory(model, e, v);
	if (e->cmdline_len) {
		v->cmdline = e->cmdline;
		v->cmdline_len = e->cmdline_len;
		v->cmdline_cut = e->h.flags & VICTIM_CMDLINE_CUT;
		v->cmdline_source = "kill";
	} else if (node->cmdline_source) {
		v->cmdline = node->cmdline.bytes;
		v->cmdline_len = node->cmdline.len;
		v->cmdline_cut = node->cmdline.cut;
		v->cmdline_source = node->cmdline_source;
	}
	/* A process that writes a title over its arguments leaves NULs behind it, as if they were empty. */
	while (v->cmdline_len && !v->cmdline[v->cmdline_len - 1])
		v->cmdline_len--;
}

static const char *constraint_name(int constraint)
{
	/* enum oom_constraint, include/linux/oom.h: the same from 5.10 to 7.3 */
	static const char *const names[] = { "none", "cpuset", "mempolicy", "memcg" };

	if (constraint < 0 || constraint >= (int)ARRAY_SIZE(names))
		return NULL;
	return names[constraint];
}

static void fill_oom(struct model *model, struct record_oom *r)
{
	const struct event_oom *e = &model->oom;

	r->outcome = e->outcome;
	r->constraint = constraint_name(e->constraint);
	r->totalpages_bytes = e->totalpages * model->env.page_size;
	r->waits = e->waits;
	r->repeats = e->repeats;
	r->trigger_pid = e->trigger_pid;
	r->trigger_tid = e->trigger_tid;
	r->trigger_comm = e->trigger_comm;
	r->trigger_cgroup = cgroup_chain__path(&model->cgroups, e->trigger_cgroup_id);
	r->trigger_container = model__container(&model->env, r->trigger_cgroup);
	r->gfp_mask = e->gfp_mask;
	r->order = e->order;
	r->whole_machine = !e->limit_cgroup_id;
	r->sysrq = e->order == -1;
	r->started_ns = e->started_ns;
	if (model->has_end && e->started_ns && model->end.h.ts_ns > e->started_ns)
		r->duration_ns = model->end.h.ts_ns - e->started_ns;
}

static bool has_chains(const struct model *model)
{
	const struct cgroup_chain_set *set = &model->cgroups;

	for (size_t i = 0; i < model->victim_count; i++) {
		if (!cgroup_chain__is_whole(set, model->victims[i].event.cgroup_id))
			return false;
	}
	return !model->has_oom || (cgroup_chain__is_whole(set, model->oom.limit_cgroup_id) &&
				   cgroup_chain__is_whole(set, model->oom.trigger_cgroup_id));
}

static void count_victims(const struct model *model, struct record_oom *r)
{
	for (size_t i = 0; i < r->victim_count; i++) {
		if (r->victims[i].role != ROLE_EXITING && !r->victims[i].repeated)
			r->killed++;
	}
	if (model->has_end && model->end.victims > r->victim_count)
		r->missing = model->end.victims - r->victim_count;
	r->joined_late = model->has_oom && !model->oom.started_ns;
	r->incomplete = !model->has_oom || r->missing || !has_chains(model) ||
			(!model->has_end && !r->joined_late);
}

/* The number by which people know a write, of which runs inside it are told before it is itself. */
static uint64_t write_number(struct model *model, uint64_t started_ns)
{
	uint64_t oldest = model->write_count > RECENT_WRITES ? model->write_count - RECENT_WRITES : 0;

	for (uint64_t n = model->write_count; n > oldest; n--) {
		if (model->write_starts[(n - 1) % RECENT_WRITES] == started_ns)
			return n;
	}
	model->write_starts[model->write_count % RECENT_WRITES] = started_ns;
	return ++model->write_count;
}

/* Whether the limit is that of a cgroup above the victim's container or, outside of one, its cgroup. */
static bool is_ancestor_limit(const struct record_oom *r)
{
	const struct record_victim *v = r->victim_count ? &r->victims[0] : NULL;
	const char *own = v ? v->cgroup : r->trigger_cgroup;
	const struct container_ref *ref = v ? &v->container.ref : &r->trigger_container.ref;
	size_t own_len;

	if (!own || !r->limit || !r->limit->path)
		return false;
	own_len = ref->runtime != CONTAINER__UNKNOWN ? ref->prefix_len : strlen(own);
	return strlen(r->limit->path) < own_len;
}

static void fill_cause(struct model *model, struct record *record)
{
	struct record_oom *r = &record->oom;
	const struct event_oom *e = &model->oom;
	const struct limit_write *last = &e->last_write;
	bool in_unseen_write = e->h.flags & OOM_IN_UNSEEN_WRITE;
	uint64_t started_ns = e->in_write_ns ? e->in_write_ns : last->started_ns;

	if (r->sysrq) {
		r->cause = CAUSE_SYSRQ;
		return;
	}
	if (r->whole_machine) {
		r->cause = CAUSE_MACHINE;
		return;
	}
	if (e->in_write_ns || in_unseen_write)
		r->cause = CAUSE_WRITE;
	else if (!r->limit || !r->limit->has_memory)
		r->cause = CAUSE_UNKNOWN;
	else if (last->started_ns && r->limit->max_bytes < last->usage_pages * model->env.page_size)
		r->cause = CAUSE_LOWERED;
	else
		r->cause = is_ancestor_limit(r)	    ? CAUSE_ANCESTOR
			   : model->env.sees_writes ? CAUSE_REACHED
						    : CAUSE_UNKNOWN;
	/* The latest write that was seen isn't the one that this run is inside of. */
	if (started_ns && !in_unseen_write) {
		r->cause_limit_id = write_number(model, started_ns);
		if (started_ns < record->time.boot_ns)
			r->cause_since_ns = record->time.boot_ns - started_ns;
	}
}

/* All zero: the kernel hasn't summed anything up yet. Swap isn't one of these sums. */
static bool says_nothing(const struct event_memory *e)
{
	uint32_t sums = e->known & ~(1u << MEMORY_SWAP);

	for (int i = 0; i < MEMORY_ITEMS; i++) {
		if (sums & 1u << i && e->bytes[i])
			return false;
	}
	return true;
}

static bool fill_memory(const struct model *model, struct record_memory *memory)
{
	if (!model->has_memory || says_nothing(&model->memory))
		return false;
	memory->known = model->memory.known;
	memory->exact = model->memory.h.flags & MEMORY_EXACT;
	memcpy(memory->bytes, model->memory.bytes, sizeof(memory->bytes));
	return true;
}

/* Hands over the run that is open. */
static void finalize(struct model *model)
{
	struct record_level chain[EVENT_CGROUP_LEVELS], limit;
	struct record_memory memory;
	struct record_history history;
	struct record_victim *victims = calloc(model->victim_count + 1, sizeof(*victims));
	struct record record = { .kind = RECORD_OOM };
	struct record_oom *r = &record.oom;
	uint64_t boot_ns = 0;
	uint64_t limit_id = model->has_oom ? model->oom.limit_cgroup_id : 0;
	uint64_t leaf = 0;

	if (!victims)
		goto out;
	*r = (struct record_oom){ .id = model->id, .chain = chain, .victims = victims };
	if (model->victim_count) {
		boot_ns = model->victims[0].event.h.ts_ns;
		leaf = model->victims[0].event.cgroup_id;
	}
	if (model->has_oom) {
		boot_ns = model->oom.h.ts_ns;
		if (!leaf)
			leaf = limit_id ? limit_id : model->oom.trigger_cgroup_id;
		fill_oom(model, r);
		if (cgroup_chain__level(&model->cgroups, limit_id, limit_id, model->env.page_size, &limit)) {
			r->limit = &limit;
			r->limit_container = model__container(&model->env, limit.path);
		}
	}
	record.time = model__time(boot_ns, model->wall_offset_ns);
	r->chain_count = cgroup_chain__fill(&model->cgroups, leaf, limit_id, model->env.page_size, chain);
	for (size_t i = 0; i < model->victim_count; i++)
		fill_victim(model, &model->victims[i], &victims[i]);
	r->victim_count = model->victim_count;
	count_victims(model, r);
	if (model->has_oom)
		fill_cause(model, &record);
	if (fill_memory(model, &memory))
		r->memory = &memory;
	if (usage__history(model->usage, &record, &history))
		r->history = &history;
	if (r->killed)
		usage__killed(model->usage, r);
	model->totals.ooms++;
	model->totals.kills += r->killed;
	model->env.on_record(model->env.ctx, &record);
out:
	free(victims);
	reset(model);
}

static bool is_repeated(const struct model *model, const struct event_victim *event)
{
	for (size_t i = 0; i < model->victim_count; i++) {
		if (model->victims[i].event.pid == event->pid)
			return true;
	}
	return false;
}

static bool is_blank(const char *bytes, size_t len)
{
	while (len && !bytes[len - 1])
		len--;
	return !len;
}

static int add_victim(struct model *model, const struct event_victim *event)
{
	struct victim_node *node;
	int err;

	err = cgroup_chain__grow((void **)&model->victims, &model->victim_room, model->victim_count,
				 sizeof(*model->victims), MODEL_VICTIMS_MAX);
	if (err)
		return err == -ENOSPC ? 0 : err;
	node = &model->victims[model->victim_count];
	memset(node, 0, sizeof(*node));
	node->event = *event;
	node->repeated = is_repeated(model, event);
	/* Nothing but NULs: it was killed while it wrote a title over its arguments. */
	if (is_blank(event->cmdline, event->cmdline_len))
		node->event.cmdline_len = 0;
	/* Now, not when the run is over: the process is dying, and /proc forgets it. */
	if (!node->event.cmdline_len && model->env.cmdline &&
	    (model->env.cmdline(model->env.ctx, event, &node->cmdline, &node->cmdline_source) ||
	     is_blank(node->cmdline.bytes, node->cmdline.len)))
		node->cmdline_source = NULL;
	model->victim_count++;
	if (!(event->h.flags & VICTIM_EXITING)) {
		model->recent[model->recent_next++ % RECENT_VICTIMS] =
			(struct seen_victim){ event->pid, event->start_ns };
	}
	return 0;
}

static bool was_oom_victim(const struct model *model, uint32_t pid, uint64_t start_ns)
{
	for (size_t i = 0; i < RECENT_VICTIMS; i++) {
		if (model->recent[i].pid == pid && model->recent[i].start_ns == start_ns)
			return true;
	}
	return false;
}

static void handle_exit(struct model *model, const struct event_exit *e, int64_t wall_offset_ns)
{
	struct record record = {
		.kind = RECORD_EXIT,
		.time = model__time(e->h.ts_ns, wall_offset_ns),
		.exit = {
			.pid = e->pid,
			.comm = e->comm,
			.cgroup = usage__path(model->usage, e->cgroup_id),
			.status = e->status,
			.has_status = true,
			.oom_victim = e->h.flags & EXIT_OOM_VICTIM || was_oom_victim(model, e->pid, e->start_ns),
		},
	};

	model->env.on_record(model->env.ctx, &record);
}

static void finalize_write(struct model *model, struct cgroup_chain_set *cgroups, const struct event_limit *e,
			   int64_t wall_offset_ns)
{
	uint32_t page = model->env.page_size;
	struct record record = {
		.kind = RECORD_LIMIT,
		.time = model__time(e->h.ts_ns, wall_offset_ns),
	};
	struct record_limit *r = &record.limit;

	*r = (struct record_limit){
		.id = write_number(model, e->started_ns),
		.file = e->file,
		.cgroup = cgroup_chain__path(cgroups, e->cgroup_id),
		.writer_pid = e->writer_pid,
		.writer_tid = e->writer_tid,
		.writer_self = e->writer_pid == model->env.self_pid,
		.writer_comm = e->writer_comm,
		.writer_cgroup = cgroup_chain__path(cgroups, e->writer_cgroup_id),
		.old_bytes = cgroup_chain__limit_bytes(e->old_pages, page),
		.new_bytes = cgroup_chain__limit_bytes(e->new_pages, page),
		.usage_before_bytes = e->usage_before_pages * page,
		.usage_after_bytes = e->usage_after_pages * page,
		.reclaimed_bytes = e->reclaimed_pages * page,
		.duration_ns = e->h.ts_ns > e->started_ns ? e->h.ts_ns - e->started_ns : 0,
		.kills = e->kills,
		.ooms = e->ooms,
		.result = e->result,
	};
	r->container = model__container(&model->env, r->cgroup);
	model->env.on_record(model->env.ctx, &record);
}

static int handle_write(struct model *model, const union event *event, int64_t wall_offset_ns)
{
	struct cgroup_chain_set *cgroups = cgroup_chain__pending(&model->writes, event->h.group);

	if (event->h.kind == EVENT_CGROUP)
		return cgroup_chain__add(cgroups, &event->cgroup);
	if (event->h.kind == EVENT_LIMIT) {
		finalize_write(model, cgroups, &event->limit, wall_offset_ns);
		cgroup_chain__done(&model->writes, event->h.group);
	}
	return 0;
}

int model__event(struct model *model, const union event *event, int64_t wall_offset_ns)
{
	if (event->h.kind == EVENT_EXIT) {
		handle_exit(model, &event->exit, wall_offset_ns);
		return 0;
	}
	if (event->h.kind == EVENT_USAGE || event->h.kind == EVENT_RECLAIM || event->h.group & GROUP_CHARGE)
		return usage__event(model->usage, event, wall_offset_ns);
	if (event->h.kind == EVENT_SAMPLED || event->h.kind == EVENT_STACK)
		return 0;
	if (event->h.group & GROUP_LIMIT)
		return handle_write(model, event, wall_offset_ns);
	/* oom_lock serialises the runs: with a new one, the old one's end can only have been lost. */
	if (model->id && event->h.group != model->id)
		finalize(model);
	model->id = event->h.group;
	model->wall_offset_ns = wall_offset_ns;
	switch (event->h.kind) {
	case EVENT_CGROUP:
		return cgroup_chain__add(&model->cgroups, &event->cgroup);
	case EVENT_VICTIM:
		return add_victim(model, &event->victim);
	case EVENT_OOM:
		model->oom = event->oom;
		model->has_oom = true;
		return 0;
	case EVENT_MEMORY:
		model->memory = event->memory;
		model->has_memory = true;
		return 0;
	case EVENT_OOM_END:
		model->end = event->oom_end;
		model->has_end = true;
		finalize(model);
		return 0;
	}
	return 0;
}

void model__expire(struct model *model, uint64_t boot_ns)
{
	/* We weren't attached when it began, so its end may go by unseen. */
	if (model->id && model->has_oom && !model->oom.started_ns &&
	    boot_ns > model->oom.h.ts_ns + LATE_RUN_NS)
		finalize(model);
	usage__expire(model->usage, boot_ns);
}

bool model__history(struct model *model, uint64_t cgroup_id, uint64_t boot_ns, struct record_history *out)
{
	return usage__curve(model->usage, cgroup_id, boot_ns, out);
}

void model__finish(struct model *model)
{
	if (model->id)
		finalize(model);
}

struct model_totals model__totals(const struct model *model)
{
	return model->totals;
}
