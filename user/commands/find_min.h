/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_FIND_MIN_H
#define OOMTRACE_FIND_MIN_H

#include <stdint.h>

#include "limit/guard.h"
#include "record/sink.h"
#include "target/target.h"
#include "terminal/console.h"

/*
 * Searches for the smallest memory.max at which the target runs for hold_ns with no kill and no
 * reclaim stall. It uses memory.high, from above: usage above memory.high is reclaimed and throttled
 * and nothing is killed (mem_cgroup_handle_over_high(), mm/memcontrol.c). A limit will do if usage stays
 * at or below it all the time and the target does not stall for memory. The guard, which it takes over,
 * must be that of memory.high; the old value is put back. Tells the sink what it tries and finds,
 * shows on the console (NULL: there is none) what it is at, says on stderr what goes wrong. Returns the exit code.
 */
int find_min__run(const struct cgroup__hierarchy *h, const struct target *target, struct guard *guard,
		  uint64_t hold_ns, struct sink *sink, struct console *console);

#endif
