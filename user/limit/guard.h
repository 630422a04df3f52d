/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts a limit back, however oomtrace ends, SIGKILL included: a child process that holds the
 * cgroup's file, waits for its parent to be gone, and writes the old limit. It holds no BPF, and does
 * nothing when the limit is no longer one that oomtrace has set, or when the cgroup is gone.
 */
#ifndef OOMTRACE_GUARD_H
#define OOMTRACE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

struct guard;

enum guard_result {
	GUARD_NOTHING, /* nothing had been changed */
	GUARD_RESTORED,
	GUARD_KEPT,    /* as asked */
	GUARD_CHANGED, /* somebody else has changed the limit since: left as it is */
	GUARD_GONE,    /* the cgroup has been removed */
	GUARD_FAILED,  /* the old limit could not be written */
};

/*
 * Notes the limit in `file` ("memory.max" or "memory.high") of the cgroup whose folder is dir_fd, and forks
 * the guard. To be called before there is any thread or BPF object. Returns 0 or a negative errno of
 * opening or reading the file.
 */
int guard__start(int dir_fd, const char *file, struct guard **out);

/*
 * Locks the cgroup against other oomtraces, until the guard is done; to be called before the first
 * write. Returns 0 or -EWOULDBLOCK: an oomtrace is changing this cgroup already.
 */
int guard__lock(struct guard *guard);

/* The limit before any change. */
uint64_t guard__old_bytes(const struct guard *guard);

/*
 * Writes the limit; from the beginning of the write on, `bytes` counts as our own. May block for long,
 * since the kernel reclaims and kills inside it. Returns 0 or the negative errno of the write.
 */
int guard__write(struct guard *guard, uint64_t bytes);

/* Lets the guard do its work, or not (keep), and waits for it. Frees the guard. Takes NULL. */
enum guard_result guard__finish(struct guard *guard, bool keep);

/* What became of the limit, for people and records; NULL for GUARD_NOTHING. Static text. */
const char *guard__words(enum guard_result result);

#endif
