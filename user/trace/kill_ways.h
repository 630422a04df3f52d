/* SPDX-License-Identifier: GPL-2.0-only */
/* The way that a SIGKILL took through the kernel, from the functions on its sender's stack. Pure. */
#ifndef OOMTRACE_KILL_WAYS_H
#define OOMTRACE_KILL_WAYS_H

#include "host/kallsyms.h"
#include "record/record_killer.h"

#define KILL_WAYS_FUNCTIONS 22

/* The names of the functions that tell a way. Their places are to be found by kallsyms__find_ranges(). */
void kill_ways__init(struct kallsyms_range functions[KILL_WAYS_FUNCTIONS]);

/* The way by a stack, innermost frame first. KILL_WAY_UNKNOWN: there is no such function on it, or none was found. */
enum record_kill_way kill_ways__of(const struct kallsyms_range functions[KILL_WAYS_FUNCTIONS],
				   const __u64 *frames, size_t count);

#endif
