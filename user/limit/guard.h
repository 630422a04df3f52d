/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guard puts a limit back however oomtrace ends, SIGKILL included. It is a child process that holds the
 * cgroup's file open, waits for its parent's death, and writes the old limit. It holds no BPF objects. It
 * leaves the limit alone when somebody else has changed it since, when the cgroup is gone, or when the old
 * limit is below what the target needs by now. When the guard can't do its work, its parent does it.
 */
#ifndef OOMTRACE_GUARD_H
#define OOMTRACE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

struct guard;

/* The cgroup that crun makes below a container's own, for its processes. */
#define GUARD__INNER "container"

enum guard_result {
	GUARD_NOTHING, /* nothing had been changed */
	GUARD_RESTORED,
	GUARD_KEPT,	  /* as asked */
	GUARD_CHANGED,	  /* somebody else has changed the limit since: left as it is */
	GUARD_GONE,	  /* the cgroup has been removed */
	GUARD_WOULD_KILL, /* a raised limit: the old one is below what reclaim can get usage down to */
	GUARD_FAILED,	  /* the old limit could not be written */
};

struct guard_outcome {
	enum guard_result result;
	uint64_t kills; /* in the cgroup while the old limit was written */
};

struct guard_request {
	int dir_fd;	       /* the cgroup's folder; not owned */
	const char *file;      /* "memory.max" or "memory.high" */
	uint64_t cgroup_id;    /* for the lock */
	const char *mount;     /* of the hierarchy: the guard gets a cgroup of its own there; NULL: none */
	bool even_if_it_kills; /* put the old limit back whatever it does to the target */
	bool keep;	       /* never put it back */
};

/*
 * Locks the cgroup against other oomtraces until the guard is done, notes the present limit and forks the
 * guard. Call it before there is any thread or BPF object. Returns 0, -EWOULDBLOCK (another oomtrace is
 * changing this cgroup), -EUSERS (no process more may be started), or a negative errno of opening or reading the
 * file.
 */
int guard__start(const struct guard_request *request, struct guard **out);

/* 0, or the negative errno with which locking failed. Without a lock nothing keeps two oomtraces apart. */
int guard__lock_error(const struct guard *guard);

/* The limit before any change. */
uint64_t guard__old_bytes(const struct guard *guard);

/*
 * Whether the same limit stands on the cgroup GUARD__INNER below, too, as with containers of crun's. Then both are
 * written and put back.
 */
bool guard__has_inner(const struct guard *guard);

/*
 * Whether an oomtrace that changed this limit before was killed together with its guard, so that the limit was not put
 * back; *bytes is the limit before that one's changes (UINT64_MAX: none).
 */
bool guard__left_over(const struct guard *guard, uint64_t *bytes);

/*
 * Writes the limit. From the beginning of the write on, `bytes` counts as our own. The write may block for
 * long, because the kernel reclaims and kills inside it. Returns 0 or the negative errno of the write.
 */
int guard__write(struct guard *guard, uint64_t bytes);

/*
 * Replaces a guard that has died. To be called some times a second, by the thread that started the guard.
 * Returns 0, 1 (the guard was replaced), or, once, the negative errno for which it could not be; the next calls
 * try again. Without a guard oomtrace puts the limit back when it ends, but nobody does when oomtrace is killed.
 */
int guard__watch(struct guard *guard);

/*
 * Lets the guard do its work and waits for it. Does the work itself when the guard has died or is stuck. Frees
 * the guard. Takes NULL.
 */
struct guard_outcome guard__finish(struct guard *guard);

/* Whether another limit than the old one stands, and nobody has asked oomtrace for that. */
bool guard__has_failed(enum guard_result result);

/* What became of the limit, for people and records; NULL for GUARD_NOTHING. Static text. */
const char *guard__words(enum guard_result result);

#endif
