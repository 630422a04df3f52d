/* SPDX-License-Identifier: GPL-2.0-only */
/* Usage that comes near a limit, and commands of the user's that were run for it. The lifetimes are those of record.h. */
#ifndef OOMTRACE_RECORD_HOOK_H
#define OOMTRACE_RECORD_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "containers/container.h"

/* Usage has passed the mark; told once a climb. */
struct record_near_limit {
	uint64_t cgroup_id;
	const char *cgroup; /* NULL: not known any more */
	struct record_container container;
	uint64_t usage_bytes, max_bytes;
	uint32_t percent; /* the mark, of max_bytes */
	uint32_t pid;	  /* who charged; 0: nobody, as where the limit was lowered */
	const char *comm;
};

enum record_hook_event { HOOK_EVENT_OOM, HOOK_EVENT_NEAR_LIMIT };

enum record_hook_result {
	HOOK_RESULT_ENDED,
	HOOK_RESULT_TIMED_OUT, /* and was killed */
	HOOK_RESULT_BUSY,      /* not run: one for this cgroup was running still, or too many were */
	HOOK_RESULT_FAILED,    /* not run */
};

/* A hook is over, or could not be run. */
struct record_hook {
	enum record_hook_event event;
	const char *cgroup; /* NULL: of the whole machine */
	struct record_container container;
	const char *program; /* without its arguments, which may be secret */
	enum record_hook_result result;
	uint32_t status;	 /* when it ended: as wait(2) has it */
	const char *reason;	 /* why it failed */
	bool has_start;		 /* the command was executed */
	uint64_t since_event_ns; /* from the event to that */
	uint64_t duration_ns;	 /* from then on */
	uint64_t frozen_ns;	 /* how long the cgroup was held still; 0: it wasn't */
	bool stays_frozen;	 /* somebody else has frozen it meanwhile */
	const char *not_frozen;	 /* why it wasn't, though that was asked for; NULL: it was, or nobody asked */
};

#endif
