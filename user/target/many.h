/* SPDX-License-Identifier: GPL-2.0-only */
/* Several targets: those that are followed, and those that were, with their runs. Pure but for the clock of their ends. */
#ifndef OOMTRACE_MANY_H
#define OOMTRACE_MANY_H

#include "target/ending.h"

/*
 * More aren't followed at a time, and of users' cgroups, who may make as many as they like, half. Of those that are gone,
 * the latest so many are remembered.
 */
#define MANY_MAX 4096
#define MANY_GONE_MAX 1024

/* What is known of the end of one, from the end of its first process on. */
struct many_ending {
	struct target target;
	struct ending ending;
};

struct many_target {
	struct many_target *next;
	uint64_t id;			   /* of its cgroup; 0: that is gone */
	char *cgroup;			   /* its path */
	char *name;			   /* of the container; NULL: none */
	struct record_container container; /* of which it is the cgroup, if of any */
	uint64_t run;			   /* 1, 2, ... */
	uint64_t begun_ns, gone_ns;	   /* CLOCK_BOOTTIME */
	uint32_t init_pid;		   /* 0: not known */
	unsigned int init_tries;
	unsigned int scan; /* the last that saw it */
	bool of_user;
	struct many_ending *ending;
};

struct many {
	struct many_target *first; /* those that were begun last come first */
	size_t count, of_users, gone;
};

/*
 * A cgroup is followed from now on. It is the next run of the one that had its container's name, or its path without
 * one. *pause_ns is the time since that ended; 0: not known. When the end of that hasn't been told yet, *before is the
 * one, whose end is to be told first, and nothing else was done. Returns NULL without memory, or room.
 */
struct many_target *many__begin(struct many *m, uint64_t id, const char *path,
				const struct container_ref *ref, const char *name, uint64_t now_ns,
				uint64_t *pause_ns, struct many_target **before);

struct many_target *many__by_id(const struct many *m, uint64_t id);

/* The innermost that a cgroup is, or is below: one that is followed, else one that was. NULL: none. */
struct many_target *many__owner(const struct many *m, const char *path);

/* Whether a cgroup is above one that is followed. */
bool many__is_above(const struct many *m, const char *path);

/* Its cgroup is gone. */
void many__end(struct many *m, struct many_target *t, uint64_t now_ns);

/* For what becomes known of its end. NULL without memory. The asker may be NULL. */
struct many_ending *many__ending(struct many_target *t, struct asker *asker);

/* All is known, and has been told. */
void many__forget_ending(struct many_target *t);

void many__free(struct many *m);

#endif
