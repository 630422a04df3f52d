/* SPDX-License-Identifier: GPL-2.0-only */
/* What the model's parts ask of the world, and where their records go. */
#ifndef OOMTRACE_MODEL_ENV_H
#define OOMTRACE_MODEL_ENV_H

#include "host/cgroup_children.h"
#include "host/largest_cgroups.h"
#include "host/tmpfs_files.h"
#include "record/record.h"

struct model_env {
	void *ctx;
	uint32_t page_size;

	/* Gets each finished record; it is valid during the call. */
	void (*on_record)(void *ctx, const struct record *record);

	/* Whether a finished record of an OOM is to be told. NULL: each is. */
	bool (*wants_oom)(void *ctx, const struct record *record);

	/*
	 * Finds the command line of a victim that the kernel's event doesn't have. Returns 0 and
	 * sets *source ("earlier", ...; static text), or a negative errno. May be NULL.
	 */
	int (*cmdline)(void *ctx, const struct event_victim *victim, struct cmdline_entry *out,
		       const char **source);

	/* The name of a container, or NULL; valid until the next call. May be NULL. */
	const char *(*container_name)(void *ctx, const struct container_ref *ref);

	/*
	 * Finds the path of a cgroup that no chain has named. Returns false when it is gone, or
	 * when it isn't worth looking again yet. May be NULL.
	 */
	bool (*cgroup_path)(void *ctx, uint64_t cgroup_id, char *path, size_t size);

	/*
	 * Reads what the cgroups right below this one use, now. Returns 0 or a negative errno. NULL: nobody can.
	 */
	int (*children)(void *ctx, const char *path, uint64_t id, struct cgroup_children *out);

	/*
	 * Reads the largest files in the tmpfs mounts that the processes of a cgroup see; pid: of one that was in it, or 0.
	 * Returns 0 or a negative errno. NULL: nobody can.
	 */
	int (*tmpfs_files)(void *ctx, const char *path, uint32_t pid, struct tmpfs_files *out);

	/*
	 * Reads which cgroups have the most memory now. Returns when it had been read, CLOCK_BOOTTIME; 0: it wasn't.
	 * May be NULL.
	 */
	uint64_t (*largest_cgroups)(void *ctx, struct largest_cgroups *out);

	/* The way that a SIGKILL took, by its sender's stack. May be NULL. */
	enum record_kill_way (*kill_way)(void *ctx, const __u64 *frames, size_t count);

	/* The process that is known to be the target container's init; 0: unknown. */
	uint32_t init_pid;

	/* All cgroups are followed, for their flight recorders alone: no records of usage and of reclaim. */
	bool only_history;

	/* The mark of --on-near-limit, in percent of a limit; 0: there is none. */
	uint32_t near_percent;

	/* Whether writes of memory.max are seen: if not, that a limit was unchanged can't be known. */
	bool sees_writes;
	/*
	 * Since when it is seen that the memory of a victim is back, so that it can be said of what isn't back yet:
	 * CLOCK_BOOTTIME, UINT64_MAX: not yet. NULL: it is never seen.
	 */
	uint64_t (*relief_since_ns)(void *ctx);

	/* Our own process, whose writes of limits are marked as such. */
	uint32_t self_pid;
};

/* Hands a record over. */
void model_env__tell(const struct model_env *env, const struct record *record);

/* The container that a cgroup's path lies in, and its name; path may be NULL. */
struct record_container model_env__container(const struct model_env *env, const char *path);

#endif
