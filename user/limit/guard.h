/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts a limit back, however oomtrace ends, SIGKILL included: a child process that holds the
 * cgroup's file, waits for its parent to be gone, and writes the old limit. It holds no BPF, and does
 * nothing when the limit is no longer one that oomtrace has set, when the cgroup is gone, or when the old
 * limit is below what the target needs by now. The parent puts the limit back itself when its child can't.
 */
#ifndef OOMTRACE_GUARD_H
#define OOMTRACE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

struct guard;

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
};

/*
 * Locks the cgroup against other oomtraces until the guard is done, notes the present limit and forks the
 * guard. To be called before there is any thread or BPF object. Returns 0, -EWOULDBLOCK (an oomtrace is
 * changing this cgroup already), or a negative errno of opening or reading the file.
 */
int guard__start(const struct guard_request *request, struct guard **out);

/* 0, or the negative errno for which there is no lock, and nothing keeps two oomtraces apart. */
int guard__lock_error(const struct guard *guard);

/* The limit before any change. */
uint64_t guard__old_bytes(const struct guard *guard);

/*
 * Writes the limit; from the beginning of the write on, `bytes` counts as our own. May block for long,
 * since the kernel reclaims and kills inside it. Returns 0 or the negative errno of the write.
 */
int guard__write(struct guard *guard, uint64_t bytes);

/*
 * To be called some times a second by the thread that has started the guard: one that has died is replaced.
 * Returns 0, 1 (it was replaced), or the negative errno for which it couldn't be: from then on only the end
 * of oomtrace puts the limit back, but not its death.
 */
int guard__watch(struct guard *guard);

/*
 * Lets the guard do its work, or not (keep), and waits for it; does its work when it has died or is stuck.
 * Frees the guard. Takes NULL.
 */
struct guard_outcome guard__finish(struct guard *guard, bool keep);

/* Whether the limit isn't what it was although it should be: a failure of oomtrace's. */
bool guard__has_failed(enum guard_result result);

/* What became of the limit, for people and records; NULL for GUARD_NOTHING. Static text. */
const char *guard__words(enum guard_result result);

#endif
