/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_SESSION_RECORD_H
#define OOMTRACE_SESSION_RECORD_H

#include "host/cgroup.h"
#include "record/sink.h"
#include "target/target.h"
#include "trace/plan.h"

/*
 * Hands the sink the first record: this oomtrace, this machine, the target and its memory now, and what
 * was attached or is to be. `started` is a time before anything could be seen, attached_ns (CLOCK_BOOTTIME) one by which everything
 * was. kills: that the kernel counted between, in the cgroup kills_in if the target was gone by then, else NULL. Returns 0 or
 * the sink's error.
 */
int session_record__tell(struct sink *sink, const struct cgroup__hierarchy *h, const struct target *target,
			 struct plan *plan, struct record_time started, uint64_t attached_ns, uint64_t kills,
			 const char *kills_in);

#endif
