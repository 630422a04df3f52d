/* SPDX-License-Identifier: GPL-2.0-only */
/* When hooks are run, what they are told, and what is told of them (service/hook_runner.h runs them). */
#ifndef OOMTRACE_HOOKS_H
#define OOMTRACE_HOOKS_H

#include "commands/trace_options.h"
#include "host/cgroup.h"
#include "record/record.h"
#include "target/target.h"

struct hooks;

/*
 * Before BPF and threads. Says on stderr what is wrong with a command. *out is NULL when there is none to be run. Records
 * are told by tell(ctx, record). Returns 0 or a negative errno.
 */
int hooks__start(const struct trace_options *opts, const struct cgroup__hierarchy *h,
		 const struct target *target, void (*tell)(void *ctx, const struct record *record), void *ctx,
		 struct hooks **out);

/* All that follows takes NULL. */

/* A descriptor that polls readable when hooks__answers() has something to do; -1: none. */
int hooks__fd(const struct hooks *hooks);

/* For snapshots, see hook_files__give(). */
void hooks__give_files(struct hooks *hooks, int link_fd, int map_fd);

/* A record has been told. Never waits. */
void hooks__on_record(struct hooks *hooks, const struct record *record);

/* Tells of hooks that are over. False: there will be no more, and the descriptor is ready for ever. */
bool hooks__answers(struct hooks *hooks);

/* To be called some times a second: takes a snapshot once more, when it is time. */
void hooks__tick(struct hooks *hooks, uint64_t now_ns);

/* Waits for those that run, until they or their time are over, or hurries(ctx). */
void hooks__finish(struct hooks *hooks, bool (*hurries)(void *ctx), void *ctx);

void hooks__free(struct hooks *hooks);

#endif
