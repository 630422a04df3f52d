/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a kill, of all kernels. Pure. */
#ifndef OOMTRACE_KMSG_KILL_LINE_H
#define OOMTRACE_KMSG_KILL_LINE_H

#include <stdbool.h>

#include "base/span.h"
#include "kmsg/incident.h"

enum kill_line {
	KILL_LINE_NONE,
	KILL_LINE_CHOSEN, /* "...: Kill process N (COMM) score S or sacrifice child" */
	KILL_LINE_KILLED, /* "Killed process N (COMM) ..." */
	KILL_LINE_SHARES, /* "Kill process N (COMM) sharing same memory" */
};

struct kill_line_facts {
	struct kmsg_victim victim;
	bool memcg, machine; /* "Memory cgroup out of memory", "Out of memory" stands before */
};

enum kill_line kill_line__parse(struct span text, struct kill_line_facts *facts);

/* "oom_reaper: reaped process N (COMM), now anon-rss:...", "unable to reap pid:N". False: neither. */
bool kill_line__parse_reaper(struct span text, struct kmsg_victim *left);

#endif
