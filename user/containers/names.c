// SPDX-License-Identifier: GPL-2.0-only
#include "containers/names.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/proc.h"

#define CACHE_SIZE 256

struct cached_name {
	char id[CONTAINER__ID_SIZE];
	char name[DOCKER_API__NAME_SIZE]; /* "": it has none that we could find */
};

struct names {
	struct cached_name cache[CACHE_SIZE]; /* overwritten in turn */
	size_t used, next;
};

static struct cached_name *add(struct names *names, const char *id)
{
	struct cached_name *entry = &names->cache[names->next];

	names->next = (names->next + 1) % CACHE_SIZE;
	if (names->used < CACHE_SIZE)
		names->used++;
	memset(entry, 0, sizeof(*entry));
	snprintf(entry->id, sizeof(entry->id), "%s", id);
	return entry;
}

struct names *names__new(const struct record_container *target)
{
	struct names *names = calloc(1, sizeof(*names));

	if (names && target->name) {
		struct cached_name *entry = add(names, target->ref.id);

		snprintf(entry->name, sizeof(entry->name), "%s", target->name);
	}
	return names;
}

void names__free(struct names *names)
{
	free(names);
}

static void ask_runtimes(struct cached_name *entry)
{
	struct docker_api__socket sockets[DOCKER_API__MAX_SOCKETS];
	size_t count = docker_api__sockets(sockets, DOCKER_API__MAX_SOCKETS);
	struct runtime_container container;

	for (size_t i = 0; i < count; i++) {
		if (docker_api__inspect(sockets[i].path, entry->id, &container))
			continue;
		snprintf(entry->name, sizeof(entry->name), "%s", container.name);
		return;
	}
}

const char *names__container(struct names *names, const struct container_ref *ref)
{
	struct cached_name *entry = NULL;

	if (!ref->id[0])
		return NULL;
	for (size_t i = 0; i < names->used && !entry; i++) {
		if (!strcmp(names->cache[i].id, ref->id))
			entry = &names->cache[i];
	}
	if (!entry) {
		entry = add(names, ref->id);
		/* Only these two have an API that we speak. */
		if (ref->runtime == CONTAINER__DOCKER || ref->runtime == CONTAINER__PODMAN)
			ask_runtimes(entry);
	}
	return entry->name[0] ? entry->name : NULL;
}

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

int names__cmdline(struct tracer *tracer, const struct event_victim *victim, struct cmdline_entry *out,
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

void names__learn_cmdlines(struct tracer *tracer, const struct cgroup__hierarchy *h,
			   const struct target *target)
{
	if (target->cgroup[0])
		cgroup__walk(h, target->cgroup, learn_cgroup, tracer);
	else
		proc__each(learn, tracer);
}
