/* SPDX-License-Identifier: GPL-2.0-only */
/* What containers are called, for victims whose container may be gone already. */
#ifndef OOMTRACE_NAMES_H
#define OOMTRACE_NAMES_H

#include <stdbool.h>

#include "containers/asker.h"
#include "containers/container.h"

struct names;

/* What goes on while a name is waited for. */
struct names_meanwhile {
	int fd;			    /* polls readable when there is something to do */
	bool (*work)(void *ctx);    /* does it; false: no more now, though it may be readable still */
	bool (*hurries)(void *ctx); /* somebody wants it to end: there is no time to wait for names */
	void *ctx;
};

/*
 * `target` is the container that is known by name from the start. The asker, which isn't owned, may be NULL:
 * then no other has a name. Returns NULL without memory.
 */
struct names *names__new(const struct record_container *target, struct asker *asker,
			 const struct names_meanwhile *meanwhile);
void names__free(struct names *names);

/* Whether there is another name than the id: by an API, or in files. */
bool names__may_have(enum container_runtime runtime);

/*
 * The name of a container, or NULL when it has none or its runtime doesn't answer. Waits for an answer two
 * seconds at most, and not at all while an earlier question has none. A name that wasn't to be had is asked
 * for again, when it is wanted again some seconds later.
 */
const char *names__container(struct names *names, const struct container_ref *ref);

#endif
