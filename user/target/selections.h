/* SPDX-License-Identifier: GPL-2.0-only */
/* Several targets: which cgroups the user has chosen, by name or by pattern. */
#ifndef OOMTRACE_SELECTIONS_H
#define OOMTRACE_SELECTIONS_H

#include <stdbool.h>

#include "containers/container.h"
#include "host/cgroup.h"
#include "target/request.h"
#include "target/target.h"

struct selection {
	enum target_kind kind; /* TARGET_CONTAINER or TARGET_CGROUP */
	bool is_pattern;
	bool found;	   /* something is, or was, chosen by it */
	bool of_root;	   /* and it was root's container: a user's that is called so isn't */
	const char *given; /* as the user gave it */
	char *text;	   /* of a cgroup: as a path of the hierarchy, or a pattern for its last name */
	char id[CONTAINER__ID_SIZE]; /* of the container that has this name or begins so; "": not known yet */
};

struct selections {
	struct selection list[TARGET_SELECTIONS_MAX];
	size_t count;
	bool of_containers; /* one is: names are needed */
};

/* Whether a text is a pattern: it has *, ? or [. */
bool selections__is_pattern(const char *text);

/* The request, whose texts must outlive it, is TARGET_MANY. Returns 0 or a negative errno. */
int selections__init(struct selections *s, const struct target_request *request,
		     const struct cgroup__hierarchy *h);

/*
 * Looks for those that are no patterns, as target__find() does. Returns the first failure (but for one that may come,
 * where wait is set) with what is known of it in *target; else TARGET_FOUND.
 */
enum target_failure selections__find(struct selections *s, const struct cgroup__hierarchy *h, bool wait,
				     struct target *target);

/*
 * Whether a cgroup is chosen, and notes by which. `ref` is the container whose own cgroup it is; NULL: it is none's. Its
 * name may be NULL.
 */
bool selections__choose(struct selections *s, const char *path, const struct container_ref *ref,
			const char *name);

/* As words of a command line: "--container web --cgroup /x". To be freed; NULL without memory. */
char *selections__words(const struct selections *s);

void selections__free(struct selections *s);

#endif
