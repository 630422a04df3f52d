// SPDX-License-Identifier: GPL-2.0-only
#include "model/oom_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/candidates.h"
#include "model/machine.h"
#include "record/time.h"

#define RECENT_VICTIMS 1024
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

struct oom_run {
	const struct model_env *env;

	/* The run that is open; id 0: none. */
	uint64_t id;
	int64_t wall_offset_ns;
	bool has_oom, has_end, has_memory, has_candidates, has_machine;
	struct event_oom oom;
	struct event_memory memory;
	struct event_candidates candidates;
	struct event_machine machine;
	struct event_oom_end end;
	struct cgroup_chain_set cgroups;
	struct victim_node *victims;
	size_t victim_count, victim_room;

	/* Its record, and what that refers to. */
	struct record record;
	struct record_level chain[EVENT_CGROUP_LEVELS], limit;
	struct record_memory record_memory;
	struct candidates record_candidates;
	struct machine record_machine;
	struct record_victim *record_victims;

	/* Who was killed lately, a ring. */
	struct seen_victim recent[RECENT_VICTIMS];
	size_t recent_next;
};

struct oom_run *oom_run__new(const struct model_env *env)
{
	struct oom_run *run = calloc(1, sizeof(*run));

	if (run)
		run->env = env;
	return run;
}

void oom_run__free(struct oom_run *run)
{
	if (!run)
		return;
	cgroup_chain__free(&run->cgroups);
	free(run->victims);
	free(run->record_victims);
	free(run);
}

void oom_run__close(struct oom_run *run)
{
	cgroup_chain__clear(&run->cgroups);
	free(run->record_victims);
	run->record_victims = NULL;
	run->victim_count = 0;
	run->has_oom = run->has_end = run->has_memory = run->has_candidates = run->has_machine = false;
	run->id = 0;
}

uint64_t oom_run__id(const struct oom_run *run)
{
	return run->id;
}

bool oom_run__is_over(const struct oom_run *run)
{
	return run->has_end;
}

bool oom_run__is_late(const struct oom_run *run, uint64_t boot_ns)
{
	return run->id && run->has_oom && !run->oom.started_ns && boot_ns > run->oom.h.ts_ns + LATE_RUN_NS;
}

const struct event_oom *oom_run__oom(const struct oom_run *run)
{
	return run->has_oom ? &run->oom : NULL;
}

/* ---- taking events ---- */

static bool is_repeated(const struct oom_run *run, const struct event_victim *event)
{
	for (size_t i = 0; i < run->victim_count; i++) {
		if (run->victims[i].event.pid == event->pid)
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

static int add_victim(struct oom_run *run, const struct event_victim *event)
{
	struct victim_node *node;
	int err;

	err = cgroup_chain__grow((void **)&run->victims, &run->victim_room, run->victim_count,
				 sizeof(*run->victims), OOM_RUN_VICTIMS_MAX);
	if (err)
		return err == -ENOSPC ? 0 : err;
	node = &run->victims[run->victim_count];
	memset(node, 0, sizeof(*node));
	node->event = *event;
	node->repeated = is_repeated(run, event);
	/* Nothing but NULs: it was killed while it wrote a title over its arguments. */
	if (is_blank(event->cmdline, event->cmdline_len))
		node->event.cmdline_len = 0;
	/* Now, not when the run is over: the process is dying, and /proc forgets it. */
	if (!node->event.cmdline_len && run->env->cmdline &&
	    (run->env->cmdline(run->env->ctx, event, &node->cmdline, &node->cmdline_source) ||
	     is_blank(node->cmdline.bytes, node->cmdline.len)))
		node->cmdline_source = NULL;
	run->victim_count++;
	if (!(event->h.flags & VICTIM_EXITING)) {
		run->recent[run->recent_next++ % RECENT_VICTIMS] =
			(struct seen_victim){ event->pid, event->start_ns };
	}
	return 0;
}

int oom_run__event(struct oom_run *run, const union event *event, int64_t wall_offset_ns)
{
	run->id = event->h.group;
	run->wall_offset_ns = wall_offset_ns;
	switch (event->h.kind) {
	case EVENT_CGROUP:
		return cgroup_chain__add(&run->cgroups, &event->cgroup);
	case EVENT_VICTIM:
		return add_victim(run, &event->victim);
	case EVENT_OOM:
		run->oom = event->oom;
		run->has_oom = true;
		return 0;
	case EVENT_MEMORY:
		run->memory = event->memory;
		run->has_memory = true;
		return 0;
	case EVENT_CANDIDATES:
		run->candidates = event->candidates;
		run->has_candidates = true;
		return 0;
	case EVENT_MACHINE:
		run->machine = event->machine;
		run->has_machine = true;
		machine__read_largest(&run->record_machine, run->env);
		return 0;
	case EVENT_OOM_END:
		run->end = event->oom_end;
		run->has_end = true;
		return 0;
	}
	return 0;
}

bool oom_run__was_victim(const struct oom_run *run, uint32_t pid, uint64_t start_ns)
{
	for (size_t i = 0; i < RECENT_VICTIMS; i++) {
		if (run->recent[i].pid == pid && run->recent[i].start_ns == start_ns)
			return true;
	}
	return false;
}

/* ---- the record ---- */

static enum record_role role_of(uint32_t flags)
{
	if (flags & VICTIM_EXITING)
		return ROLE_EXITING;
	if (flags & VICTIM_SHARES_MM)
		return ROLE_SHARES_MM;
	return flags & VICTIM_GROUP ? ROLE_GROUP : ROLE_CHOSEN;
}

/* get_mm_counter() shows a negative sum as 0, include/linux/mm.h */
static uint64_t rss_bytes(const struct oom_run *run, int64_t pages)
{
	return pages > 0 ? (uint64_t)pages * run->env->page_size : 0;
}

static void fill_victim_memory(const struct oom_run *run, const struct event_victim *e,
			       struct record_victim *v)
{
	v->has_mm = true;
	v->rss_exact = e->h.flags & VICTIM_RSS_EXACT;
	v->total_vm_bytes = e->total_vm_pages * run->env->page_size;
	v->anon_rss_bytes = rss_bytes(run, e->anon_rss_pages);
	v->file_rss_bytes = rss_bytes(run, e->file_rss_pages);
	v->shmem_rss_bytes = rss_bytes(run, e->shmem_rss_pages);
	v->swap_bytes = rss_bytes(run, e->swap_entries);
	v->pgtables_bytes = e->pgtables_bytes;
}

static void fill_victim(struct oom_run *run, const struct victim_node *node, struct record_victim *v)
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
		.cgroup = cgroup_chain__path(&run->cgroups, e->cgroup_id),
	};
	v->container = model_env__container(run->env, v->cgroup);
	v->init = run->env->init_pid ? e->pid == run->env->init_pid : (e->h.flags & VICTIM_NS_INIT) != 0;
	v->has_points = v->role == ROLE_CHOSEN && run->has_oom && !node->repeated &&
			run->oom.outcome == OOM_KILLED && run->oom.chosen_pid == e->pid;
	if (v->has_points)
		v->points = run->oom.chosen_points;
	if (e->h.flags & VICTIM_HAS_MM)
		fill_victim_memory(run, e, v);
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

static void fill_oom(struct oom_run *run, struct record_oom *r)
{
	const struct event_oom *e = &run->oom;

	r->outcome = e->outcome;
	r->constraint = constraint_name(e->constraint);
	r->totalpages_bytes = e->totalpages * run->env->page_size;
	r->waits = e->waits;
	r->repeats = e->repeats;
	r->trigger_pid = e->trigger_pid;
	r->trigger_tid = e->trigger_tid;
	r->trigger_comm = e->trigger_comm;
	r->trigger_cgroup = cgroup_chain__path(&run->cgroups, e->trigger_cgroup_id);
	r->trigger_container = model_env__container(run->env, r->trigger_cgroup);
	r->gfp_mask = e->gfp_mask;
	r->order = e->order;
	r->whole_machine = !e->limit_cgroup_id;
	r->sysrq = e->order == -1;
	r->started_ns = e->started_ns;
	if (run->has_end && e->started_ns && run->end.h.ts_ns > e->started_ns)
		r->duration_ns = run->end.h.ts_ns - e->started_ns;
}

static bool has_chains(const struct oom_run *run)
{
	const struct cgroup_chain_set *set = &run->cgroups;

	for (size_t i = 0; i < run->victim_count; i++) {
		if (!cgroup_chain__is_whole(set, run->victims[i].event.cgroup_id))
			return false;
	}
	return !run->has_oom || (cgroup_chain__is_whole(set, run->oom.limit_cgroup_id) &&
				 cgroup_chain__is_whole(set, run->oom.trigger_cgroup_id));
}

static void count_victims(const struct oom_run *run, struct record_oom *r)
{
	for (size_t i = 0; i < r->victim_count; i++) {
		if (r->victims[i].role != ROLE_EXITING && !r->victims[i].repeated)
			r->killed++;
	}
	if (run->has_end && run->end.victims > r->victim_count)
		r->missing = run->end.victims - r->victim_count;
	r->joined_late = run->has_oom && !run->oom.started_ns;
	r->incomplete = !run->has_oom || r->missing || !has_chains(run) || (!run->has_end && !r->joined_late);
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

static bool fill_memory(const struct oom_run *run, struct record_memory *memory)
{
	if (!run->has_memory || says_nothing(&run->memory))
		return false;
	memory->known = run->memory.known;
	memory->exact = run->memory.h.flags & MEMORY_EXACT;
	memcpy(memory->bytes, run->memory.bytes, sizeof(memory->bytes));
	return true;
}

/* The limit that was hit, if it is known. */
static void fill_limit(struct oom_run *run, struct record_oom *r)
{
	uint64_t id = run->oom.limit_cgroup_id;

	if (!cgroup_chain__level(&run->cgroups, id, id, run->env->page_size, &run->limit))
		return;
	r->limit = &run->limit;
	r->limit_container = model_env__container(run->env, run->limit.path);
}

/* The cgroup that the chain begins with: the first victim's, else the limit's or the trigger's. */
static uint64_t leaf_of(const struct oom_run *run)
{
	if (run->victim_count && run->victims[0].event.cgroup_id)
		return run->victims[0].event.cgroup_id;
	if (!run->has_oom)
		return 0;
	return run->oom.limit_cgroup_id ? run->oom.limit_cgroup_id : run->oom.trigger_cgroup_id;
}

static uint64_t chosen_ns(const struct oom_run *run)
{
	if (run->has_oom)
		return run->oom.h.ts_ns;
	return run->victim_count ? run->victims[0].event.h.ts_ns : 0;
}

struct record *oom_run__record(struct oom_run *run)
{
	struct record_oom *r = &run->record.oom;

	free(run->record_victims);
	run->record_victims = calloc(run->victim_count + 1, sizeof(*run->record_victims));
	if (!run->record_victims)
		return NULL;
	run->record = (struct record){
		.kind = RECORD_OOM,
		.time = record_time__at(chosen_ns(run), run->wall_offset_ns),
		.oom = { .id = run->id, .chain = run->chain, .victims = run->record_victims },
	};
	if (run->has_oom) {
		fill_oom(run, r);
		fill_limit(run, r);
	}
	r->chain_count = cgroup_chain__fill(&run->cgroups, leaf_of(run),
					    run->has_oom ? run->oom.limit_cgroup_id : 0, run->env->page_size,
					    run->chain);
	for (size_t i = 0; i < run->victim_count; i++)
		fill_victim(run, &run->victims[i], &run->record_victims[i]);
	r->victim_count = run->victim_count;
	count_victims(run, r);
	if (fill_memory(run, &run->record_memory))
		r->memory = &run->record_memory;
	if (run->has_machine) {
		machine__fill(&run->record_machine, &run->machine, run->env->page_size,
			      run->has_oom ? run->oom.order : -1);
		machine__fill_largest(&run->record_machine, run->env, chosen_ns(run));
		r->machine = &run->record_machine.record;
	}
	if (run->has_candidates) {
		candidates__fill(&run->record_candidates, &run->candidates, oom_run__oom(run), &run->cgroups,
				 run->env);
		r->candidates = &run->record_candidates.record;
	}
	return &run->record;
}
