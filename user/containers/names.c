// SPDX-License-Identifier: GPL-2.0-only
#include "containers/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "containers/docker_api.h"

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
