// SPDX-License-Identifier: GPL-2.0-only
#include "containers/names.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/copy.h"

#define CACHE_SIZE 256
/* And of users' containers, of which a user can make as many as they like. */
#define CACHE_USERS 128
#define WAIT_NS (2 * NS_PER_S)
/* How often it is looked whether there is still time to wait. */
#define STEP_NS (100 * NS_PER_MS)
/* So long a name that wasn't to be had isn't asked for again. */
#define AGAIN_NS (2 * NS_PER_S)

struct cached_name {
	char id[CONTAINER__ID_SIZE]; /* "": none */
	uint32_t user;		     /* a user can give a cgroup of theirs the id of another's container */
	char name[DOCKER_API__NAME_SIZE]; /* "": none is known */
	int question;			  /* that is on its way; 0: none is */
	uint64_t again_ns;		  /* not to be asked before */
};

struct names {
	struct asker *asker;
	struct names_meanwhile meanwhile;
	bool late; /* a question has been waited for in vain: until it has its answer there is no waiting */
	struct cached_name cache[CACHE_SIZE + CACHE_USERS]; /* each part is overwritten in turn */
	size_t next, next_of_users;
};

static struct cached_name *add(struct names *names, const struct container_ref *ref)
{
	size_t *next = ref->user ? &names->next_of_users : &names->next;
	struct cached_name *entry = &names->cache[ref->user ? CACHE_SIZE + *next : *next];

	if (entry->question)
		asker__forget(names->asker, entry->question);
	*next = (*next + 1) % (ref->user ? CACHE_USERS : CACHE_SIZE);
	memset(entry, 0, sizeof(*entry));
	copy__text(entry->id, sizeof(entry->id), ref->id);
	entry->user = ref->user;
	return entry;
}

struct names *names__new(const struct record_container *target, struct asker *asker,
			 const struct names_meanwhile *meanwhile)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	names->asker = asker;
	names->meanwhile = *meanwhile;
	if (target->name) {
		struct cached_name *entry = add(names, &target->ref);

		copy__text(entry->name, sizeof(entry->name), target->name);
	}
	return names;
}

void names__free(struct names *names)
{
	free(names);
}

/* Whether the question that is on its way has been answered, whatever the answer. */
static bool take_answer(struct names *names, struct cached_name *entry)
{
	struct runtime_container container;
	int result = entry->question ? asker__take(names->asker, entry->question, &container) : 0;

	if (!result)
		return false;
	entry->question = 0;
	entry->again_ns = clock__ns(CLOCK_MONOTONIC) + AGAIN_NS;
	names->late = false;
	if (result > 0)
		copy__text(entry->name, sizeof(entry->name), container.name);
	return true;
}

static void take_answers(struct names *names)
{
	for (size_t i = 0; i < ARRAY_SIZE(names->cache); i++)
		take_answer(names, &names->cache[i]);
}

static void wait_for_answer(struct names *names, struct cached_name *entry)
{
	struct pollfd fds[] = { { .fd = asker__fd(names->asker), .events = POLLIN },
				{ .fd = names->meanwhile.fd, .events = POLLIN } };
	uint64_t end_ns = clock__ns(CLOCK_MONOTONIC) + WAIT_NS;

	while (!take_answer(names, entry)) {
		uint64_t now_ns = clock__ns(CLOCK_MONOTONIC);
		struct timespec step = clock__timespec(STEP_NS);

		if (now_ns >= end_ns || names->meanwhile.hurries(names->meanwhile.ctx)) {
			names->late = true;
			return;
		}
		if (ppoll(fds, 2, &step, NULL) > 0 && fds[1].revents &&
		    !names->meanwhile.work(names->meanwhile.ctx))
			fds[1].fd = -1;
	}
}

static void ask(struct names *names, struct cached_name *entry, const struct container_ref *ref)
{
	int number;

	if (!entry->question && clock__ns(CLOCK_MONOTONIC) >= entry->again_ns) {
		number = asker__ask_name(names->asker, ref);
		if (number > 0)
			entry->question = number;
	}
	if (entry->question && !names->late)
		wait_for_answer(names, entry);
}

bool names__may_have(enum container_runtime runtime)
{
	return runtime == CONTAINER__DOCKER || runtime == CONTAINER__PODMAN ||
	       runtime == CONTAINER__CONTAINERD || runtime == CONTAINER__CRIO || runtime == CONTAINER__OCI;
}

const char *names__container(struct names *names, const struct container_ref *ref)
{
	struct cached_name *entry = NULL;

	/* The machine's runtimes know none that is in another container: it may have the id of one that they know. */
	if (!ref->id[0] || ref->nested)
		return NULL;
	if (names->asker)
		take_answers(names);
	for (size_t i = 0; i < ARRAY_SIZE(names->cache) && !entry; i++) {
		if (names->cache[i].user == ref->user && !strcmp(names->cache[i].id, ref->id))
			entry = &names->cache[i];
	}
	if (!entry)
		entry = add(names, ref);
	if (!entry->name[0] && names->asker && names__may_have(ref->runtime))
		ask(names, entry, ref);
	return entry->name[0] ? entry->name : NULL;
}
