// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/incident.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kmsg/memory.h"
#include "kmsg/tasks.h"

struct kmsg_incident *incident__new(void)
{
	return calloc(1, sizeof(struct kmsg_incident));
}

void incident__free(struct kmsg_incident *incident)
{
	if (!incident)
		return;
	free(incident->victims);
	free(incident->tasks);
	free(incident->task_index);
	free(incident);
}

struct kmsg_victim *incident__victim(const struct kmsg_incident *incident, uint32_t pid)
{
	for (size_t i = 0; i < incident->victim_count; i++)
		if (incident->victims[i].pid == pid)
			return &incident->victims[i];
	return NULL;
}

struct kmsg_victim *incident__add_victim(struct kmsg_incident *incident, uint32_t pid)
{
	struct kmsg_victim *victim;

	if (incident->victim_count == incident->victim_room) {
		size_t room = incident->victim_room ? 2 * incident->victim_room : 4;
		struct kmsg_victim *victims = NULL;

		if (room <= KMSG_VICTIMS_MAX)
			victims = reallocarray(incident->victims, room, sizeof(*victims));
		if (!victims) {
			incident->victims_left_out++;
			return NULL;
		}
		incident->victims = victims;
		incident->victim_room = room;
	}
	victim = &incident->victims[incident->victim_count++];
	*victim = (struct kmsg_victim){ .pid = pid };
	return victim;
}

enum kmsg_dump incident__dump(const struct kmsg_incident *incident)
{
	bool ends = incident->kill_seen || incident->outcome != KMSG_UNKNOWN;

	if (!incident->invoked && !incident->body)
		return incident->oom_kill_seen ? KMSG_DUMP_GREPPED : KMSG_DUMP_NONE;
	if (!incident->invoked)
		return KMSG_DUMP_HEADLESS;
	if (incident->body)
		return ends ? KMSG_DUMP_FULL : KMSG_DUMP_CUT;
	return ends ? KMSG_DUMP_GREPPED : KMSG_DUMP_CUT;
}

enum kmsg_write incident__inside_write(const struct kmsg_incident *incident)
{
	const struct kmsg_trace *trace = &incident->trace;

	if (!trace->frames)
		return KMSG_WRITE_UNTOLD;
	if (trace->write)
		return KMSG_WRITE_YES;
	if (trace->write_marked && !trace->charge)
		return KMSG_WRITE_PERHAPS;
	/* A trace of which the part below the OOM killer is missing proves nothing. */
	if (!trace->past_oom || !trace->over || (!incident->invoked && !trace->oom) ||
	    (incident->unclear & KMSG_UNCLEAR_TRACE))
		return KMSG_WRITE_UNTOLD;
	return KMSG_WRITE_NO;
}

/* ---- what follows from the whole ---- */

/* The size of a page at which a number of pages is a number of bytes, nearly; 0: there is none. */
static uint32_t ratio(uint64_t bytes, uint64_t pages)
{
	static const uint32_t sizes[] = { 4096, 8192, 16384, 65536 };

	for (size_t i = 0; pages && i < ARRAY_SIZE(sizes); i++) {
		uint64_t there, off;

		if (__builtin_mul_overflow(pages, (uint64_t)sizes[i], &there))
			return 0;
		off = there > bytes ? there - bytes : bytes - there;
		if (off <= bytes / 16)
			return sizes[i];
	}
	return 0;
}

static uint32_t page_size_of(const struct kmsg_incident *incident)
{
	uint32_t size = memory__page_size(&incident->machine);

	for (size_t i = 0; !size && i < incident->victim_count; i++) {
		const struct kmsg_victim *victim = &incident->victims[i];
		const struct kmsg_task *task = tasks__find(incident, victim->pid);

		if (task && victim->has_figures)
			size = ratio(victim->total_vm_bytes, task->total_vm);
	}
	/* These have pages of no other size. */
	if (!size &&
	    (incident->x86 || strstr(incident->release, "x86_64") || strstr(incident->release, "amd64") ||
	     strstr(incident->release, "i686") || strstr(incident->release, "s390x")))
		size = 4096;
	return size;
}

/*
 * Some 5.4 kernels print bytes and say kB. A multiple of 4096 that is no less than the table's bytes, or
 * that is more than all the memory that the process maps, can be nothing else.
 */
static void check_pgtables(struct kmsg_incident *incident, struct kmsg_victim *victim,
			   const struct kmsg_task *task)
{
	uint64_t as_printed = victim->pgtables_bytes / 1024;

	if (!victim->has_pgtables)
		return;
	if (task && task->pgtables_in_bytes) {
		uint64_t told = task->pgtables;

		if (told && as_printed == told && victim->pgtables_bytes != told)
			victim->pgtables_bytes = as_printed;
		return;
	}
	if (as_printed % 4096 || !as_printed)
		return;
	if (victim->pgtables_bytes > victim->total_vm_bytes && victim->has_figures)
		victim->pgtables_bytes = as_printed;
	else if (!strncmp(incident->release, "5.4.", 4))
		incident->unclear |= KMSG_UNCLEAR_PGTABLES;
}

void incident__complete_victim(struct kmsg_incident *incident, struct kmsg_victim *victim)
{
	const struct kmsg_task *task = tasks__find(incident, victim->pid);
	uint32_t page = incident->page_size;

	check_pgtables(incident, victim, task);
	if (!task)
		return;
	if (!victim->has_uid && task->has_uid) {
		victim->has_uid = true;
		victim->uid = task->uid;
	}
	if (!victim->has_adj && task->has_adj) {
		victim->has_adj = true;
		victim->oom_score_adj = task->oom_score_adj;
	}
	if (!victim->has_pgtables && task->has_pgtables && task->pgtables_in_bytes) {
		victim->has_pgtables = true;
		victim->pgtables_bytes = task->pgtables;
	}
	if (task->has_swap && page && task->swap < UINT64_MAX / page) {
		victim->has_swap = true;
		victim->swap_bytes = task->swap * page;
	}
}

static void settle_constraint(struct kmsg_incident *incident)
{
	bool memcg = incident->limit_cgroup[0] || incident->memory.known || incident->memsw.known;

	if (memcg && (incident->constraint == KMSG_UNTOLD || incident->constraint == KMSG_MACHINE))
		incident->constraint = KMSG_MEMCG;
	if (incident->constraint == KMSG_UNTOLD && incident->machine.known)
		incident->constraint = KMSG_MACHINE;
	/* Up to 4.20 the report doesn't say it: the nodes that the allocation might use tell. */
	if (incident->constraint == KMSG_MACHINE && !incident->oom_kill_seen && incident->nodemask[0] &&
	    strcmp(incident->nodemask, "(null)"))
		incident->unclear |= KMSG_UNCLEAR_CONSTRAINT;
}

void incident__finish(struct kmsg_incident *incident, uint32_t known_page_size)
{
	incident->page_size = page_size_of(incident);
	if (!incident->page_size)
		incident->page_size = known_page_size;
	if (!incident->page_size && incident->task_count)
		incident->unclear |= KMSG_UNCLEAR_PAGE_SIZE;
	settle_constraint(incident);
	if (incident->trace.asked == KMSG_ASKED_SYSRQ)
		incident->sysrq = true;
	for (size_t i = 0; i < incident->victim_count; i++)
		incident__complete_victim(incident, &incident->victims[i]);
	if (incident__inside_write(incident) == KMSG_WRITE_PERHAPS)
		incident->unclear |= KMSG_UNCLEAR_WRITE;
	if (incident->outcome == KMSG_UNKNOWN)
		incident->unclear |= KMSG_UNCLEAR_CUT;
}

static bool same_victims(const struct kmsg_incident *a, const struct kmsg_incident *b)
{
	if (a->victim_count != b->victim_count)
		return false;
	for (size_t i = 0; i < a->victim_count; i++) {
		const struct kmsg_victim *v = &a->victims[i], *w = &b->victims[i];

		if (v->pid != w->pid || strcmp(v->comm, w->comm) || v->total_vm_bytes != w->total_vm_bytes ||
		    v->anon_rss_bytes != w->anon_rss_bytes || v->file_rss_bytes != w->file_rss_bytes)
			return false;
	}
	return true;
}

bool incident__same(const struct kmsg_incident *a, const struct kmsg_incident *b)
{
	bool same_form = a->has_uptime == b->has_uptime && (a->host[0] != '\0') == (b->host[0] != '\0');

	if (a->host[0] && b->host[0] && strcmp(a->host, b->host))
		return false;
	if (a->has_uptime && b->has_uptime && a->uptime_ns != b->uptime_ns)
		return false;
	/* Stamps of one kind tell two kills apart; those of two kinds can't be held against each other. */
	if (same_form && !a->has_uptime && strcmp(a->stamp, b->stamp))
		return false;
	if (same_form && !a->has_uptime && !a->stamp[0] && !a->victim_count)
		return false;
	return a->outcome == b->outcome && a->invoked == b->invoked && a->trigger_pid == b->trigger_pid &&
	       a->memory.failcnt == b->memory.failcnt && !strcmp(a->trigger_comm, b->trigger_comm) &&
	       same_victims(a, b);
}
