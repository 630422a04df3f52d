/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model turns events into records. It puts the events of one run of the OOM killer together, and notes
 * which are missing. It is pure: it asks the world only through struct model_env. Its memory is bounded.
 */
#ifndef OOMTRACE_MODEL_H
#define OOMTRACE_MODEL_H

#include "model/cgroup_chain.h"
#include "trace/decode.h"
#include "record/record.h"

/* One run of the OOM killer is kept with at most this many victims and cgroups. */
#define MODEL_VICTIMS_MAX 4096
#define MODEL_CGROUPS_MAX CHAIN_CGROUPS_MAX
/* Writes of limits whose events are still coming; the oldest is given up for a new one. */
#define MODEL_WRITES_MAX CHAIN_PENDING_MAX

struct model;

struct model_env {
	void *ctx;
	uint32_t page_size;

	/* Gets each finished record; it is valid during the call. */
	void (*on_record)(void *ctx, const struct record *record);

	/*
	 * Finds the command line of a victim that the kernel's event doesn't have. Returns 0 and
	 * sets *source ("earlier", ...; static text), or a negative errno. May be NULL.
	 */
	int (*cmdline)(void *ctx, const struct event_victim *victim, struct cmdline_entry *out,
		       const char **source);

	/* The name of a container, or NULL; valid until the next call. May be NULL. */
	const char *(*container_name)(void *ctx, const struct container_ref *ref);

	/*
	 * Finds the path of a cgroup that no chain has told of. Returns false when it is gone, or
	 * when it isn't worth looking again yet. May be NULL.
	 */
	bool (*cgroup_path)(void *ctx, uint64_t cgroup_id, char *path, size_t size);

	/* The process that is known to be the target container's init; 0: unknown. */
	uint32_t init_pid;

	/* Whether writes of memory.max are seen: if not, that a limit was unchanged can't be known. */
	bool sees_writes;

	/* Our own process, whose writes of limits are marked as such. */
	uint32_t self_pid;
};

struct model_totals {
	uint64_t ooms, kills;
};

/* Returns a model for model__free(), or NULL when there is no memory. The env is copied. */
struct model *model__new(const struct model_env *env);
void model__free(struct model *model);

/*
 * Takes a checked event. wall_offset_ns is what to add to its time to get wall-clock time.
 * Returns 0 or -ENOMEM.
 */
int model__event(struct model *model, const union event *event, int64_t wall_offset_ns);

/*
 * To be called now and then. Hands over a run that was going on when we attached, once it is older than a
 * second at boot_ns, because its end may never come. Ends stalls that send no more events.
 */
void model__expire(struct model *model, uint64_t boot_ns);

/* The latest usage of a cgroup. False when none is known; the points are valid until the next call. */
bool model__history(struct model *model, uint64_t cgroup_id, uint64_t boot_ns, struct record_history *out);

/* Hands over runs and writes that are still open, as incomplete. Call it when no more events can come. */
void model__finish(struct model *model);

struct model_totals model__totals(const struct model *model);

/* The container that a cgroup's path lies in, and its name. */
struct record_container model__container(const struct model_env *env, const char *path);

struct record_time model__time(uint64_t boot_ns, int64_t wall_offset_ns);

#endif
