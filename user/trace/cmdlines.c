// SPDX-License-Identifier: GPL-2.0-only
#include "trace/cmdlines.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "host/cgroup_pids.h"
#include "host/cmdline_reader.h"
#include "host/proc.h"

/* The command line of a process that started then; start 0: there is none such. */
static int cmdline_of(struct tracer *tracer, uint32_t pid, uint64_t start_ns, struct cmdline_entry *out)
{
	return start_ns ? tracer__cmdline(tracer, pid, start_ns, out) : -ENOENT;
}

/* Whose command line it is. The victim's program was executed by itself, or by one that it was forked from. */
static const char *relation(const struct event_victim *victim, const struct execs_who *who)
{
	if (execs__is(who, victim->pid, victim->start_ns))
		return "earlier";
	return execs__is(who, victim->ppid, victim->parent_start_ns) ? "parent" : "ancestor";
}

int cmdlines__of_victim(struct tracer *tracer, const struct event_victim *victim, struct cmdline_entry *out,
			const char **source)
{
	struct execs_who who;

	if (victim->program.exe && !tracer__program_cmdline(tracer, &victim->program, out, &who))
		*source = relation(victim, &who);
	else if (!tracer__cmdline(tracer, victim->pid, victim->start_ns, out))
		*source = "earlier";
	else if (!cmdline_of(tracer, victim->ppid, victim->parent_start_ns, out))
		*source = "parent";
	else if (!cmdline_of(tracer, victim->ancestor_pid, victim->ancestor_start_ns, out))
		*source = "ancestor";
	else
		return -ENOENT;
	return 0;
}

/* A process that isn't read within 0.2 s won't be soon; and a trace must begin. */
static const struct cmdline_reader_limits limits = {
	.each_ns = 200 * NS_PER_MS,
	.all_ns = NS_PER_S,
};

struct pids {
	uint32_t *pids;
	size_t count, room;
};

static void add_pid(void *ctx, uint32_t pid)
{
	struct pids *list = ctx;

	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 1024;
		uint32_t *bigger = reallocarray(list->pids, room, sizeof(*bigger));

		if (!bigger)
			return;
		list->pids = bigger;
		list->room = room;
	}
	list->pids[list->count++] = pid;
}

static bool add_listed(void *ctx, uint32_t pid)
{
	add_pid(ctx, pid);
	return true;
}

static int add_cgroup(const struct cgroup__node *node, void *ctx)
{
	cgroup_pids__each(node->dir_fd, add_listed, ctx);
	return 0;
}

static void learn(void *ctx, uint32_t pid, const struct cmdline_entry *entry)
{
	tracer__add_cmdline(ctx, pid, entry);
}

int cmdlines__learn(struct tracer *tracer, const struct cgroup__hierarchy *h, const struct target *target)
{
	struct pids list = {};
	int left_out;

	if (target->cgroup[0])
		cgroup__walk(h, target->cgroup, add_cgroup, &list);
	else
		proc__each(add_pid, &list);
	left_out = cmdline_reader__read(list.pids, list.count, &limits, proc__cmdline, learn, tracer);
	free(list.pids);
	return left_out;
}
