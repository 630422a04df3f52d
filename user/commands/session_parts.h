/* SPDX-License-Identifier: GPL-2.0-only */
/* What session.c (the loop, the beginning and the end) and session_events.c (from events to records) share. */
#ifndef OOMTRACE_SESSION_PARTS_H
#define OOMTRACE_SESSION_PARTS_H

#include "base/event_loop.h"
#include "base/watchdog.h"
#include "commands/changing.h"
#include "commands/hooks.h"
#include "commands/kernel_log.h"
#include "commands/session_many.h"
#include "commands/stack_helpers.h"
#include "commands/trace_options.h"
#include "containers/asker.h"
#include "containers/names.h"
#include "containers/owner_budget.h"
#include "model/limit_steps.h"
#include "model/model.h"
#include "record/sink.h"
#include "stacks/collector.h"
#include "target/ending.h"
#include "target/returning.h"
#include "target/subtree.h"
#include "terminal/status_feed.h"
#include "trace/event_queue.h"
#include "trace/follow_usage.h"
#include "trace/loss.h"
#include "trace/tracer.h"

struct session {
	const struct trace_options *opts;
	const struct cgroup__hierarchy *hierarchy;
	struct target *target;
	struct sink *sink;
	struct record_time started;	 /* before anything could be seen */
	uint64_t attached_ns;		 /* CLOCK_BOOTTIME */
	uint64_t kills_while_attaching;	 /* by the kernel's count */
	char kills_counted_in[PATH_MAX]; /* the cgroup above the target, if that was gone by then; else "" */
	struct event_loop *loop;
	struct watchdog *watchdog;
	struct asker *asker; /* NULL: containers have no names but that of the target */
	struct event_queue *queue;
	struct plan plan;
	struct tracer *tracer;
	struct model *model;
	struct names *names;
	struct subtree subtree;
	struct follow_usage following;
	struct owner_budget children_budget; /* of time to read the children of limits */
	struct tmpfs_reader *tmpfs;	     /* NULL: what is in tmpfs isn't read */
	struct owner_budget tmpfs_budget;
	struct stack_helpers helpers;
	struct stack_collector *stacks;
	struct limit_steps *steps; /* NULL without a target */
	struct changing changing;
	struct session_many *many; /* NULL: there aren't several targets */
	struct ending ending;
	struct kernel_log *kernel_log; /* NULL: it isn't followed */
	struct hooks *hooks;	       /* NULL: there are none */
	struct returning returning;
	struct loss loss;
	struct console *console; /* NULL: stdout is no terminal, or JSON is wanted */
	struct status_feed *status;
	int write_error; /* the first error of writing to the sink */
	int model_error;
	const char *end_reason; /* NULL: go on */
};

/* Keeps the first error of writing. */
void session_events__note_write(struct session *s, int err);

/* Hands a record to the sink. */
void session_events__tell(struct session *s, const struct record *record);

/* For hooks.h; ctx is the session. */
void session_events__tell_hook(void *ctx, const struct record *record);

/* Hands the record of a step of the limit to the sink; NULL: no step was closed. */
void session_events__tell_step(struct session *s, const struct record_step *step, struct record_time time);

/* For tracer__open(), and for tracer__each_quiet(); ctx is the session. */
int session_events__on_event(void *ctx, const void *data, size_t size);
void session_events__tell_quiet(void *ctx, uint64_t limit_cgroup_id, const struct quiet_runs *quiet);

/* For watchdog__start(): the main thread hangs, at its output, say, which then has no record of what was lost. */
void session_events__last_words(void *ctx, char *text);

/* Whether usage of the target is recorded, or that of all cgroups followed. */
bool session__records_usage(const struct session *s);

/* Attaches the programs. Returns an exit code. */
int session_attach__open_tracer(struct session *s);

/* Where it is said that something takes long: a stream of the process, or NULL. */
FILE *session__talk(void);

/* Has the programs follow the usage of the cgroups that there are. */
void session__follow_usage(struct session *s);

/* Has the loop watch for the target's end, and for its return. Returns 0 or a negative errno. */
int session_target__watch(struct session *s);

/* To be called some times a second: tells of the target's end and of its return, and ends the session with it. */
void session_target__check(struct session *s);

/* Takes in all events that are there. Returns 0 or a negative errno. */
int session_events__take_events(struct session *s);

/* The same, with the session as ctx, for whoever has no use for an error: the next that takes events meets it, too. */
void session_events__take_in(void *ctx);

/* Called after the tracer, because what the model can say depends on what could be attached. Returns the exit code. */
int session_events__open_model(struct session *s);

#endif
