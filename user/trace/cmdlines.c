// SPDX-License-Identifier: GPL-2.0-only
#include "trace/cmdlines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "host/proc.h"

/* The command line of a process that started then; start 0: there is none such. */
static int cmdline_of(struct tracer *tracer, uint32_t pid, uint64_t start_ns, struct cmdline_entry *out)
{
	return start_ns ? tracer__cmdline(tracer, pid, start_ns, out) : -ENOENT;
}

/* Whose command line it is, by the start of the process that executed the victim's program. */
static const char *relation(const struct event_victim *victim, uint64_t start_ns)
{
	/* All three are the kernel's, so that even a fork a moment after the start is told. */
	if (start_ns == victim->start_ns)
		return "earlier";
	return start_ns == victim->parent_start_ns ? "parent" : "ancestor";
}

int cmdlines__of_victim(struct tracer *tracer, const struct event_victim *victim, struct cmdline_entry *out,
			const char **source)
{
	if (victim->program.exe && !tracer__program_cmdline(tracer, &victim->program, out))
		*source = relation(victim, out->start_ns);
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

static void learn(void *ctx, uint32_t pid)
{
	struct tracer *tracer = ctx;
	struct cmdline_entry entry;

	if (!proc__cmdline(pid, &entry))
		tracer__add_cmdline(tracer, pid, &entry);
}

static int learn_cgroup(const struct cgroup__node *node, void *ctx)
{
	int fd = openat(node->dir_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	uint32_t pid;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (fscanf(file, "%" SCNu32, &pid) == 1)
		learn(ctx, pid);
	fclose(file);
	return 0;
}

void cmdlines__learn(struct tracer *tracer, const struct cgroup__hierarchy *h, const struct target *target)
{
	if (target->cgroup[0])
		cgroup__walk(h, target->cgroup, learn_cgroup, tracer);
	else
		proc__each(learn, tracer);
}
