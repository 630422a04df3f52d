/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that end others when memory is short, before the kernel's OOM killer does. */
#ifndef OOMTRACE_MEMORY_KILLERS_H
#define OOMTRACE_MEMORY_KILLERS_H

#include <stdbool.h>

#include "event.h"
#include "record/record.h"

/* By their names, as the kernel knows them; padded with zeros. */
extern const char memory_killers__names[EVENT_MEMORY_KILLERS][EVENT_COMM_LEN];

/* Whether a program is one of them, by its name. Takes NULL. */
bool memory_killers__has(const char *comm);

/*
 * Whether somebody is in the same container as the receiver of a signal, or in the same cgroup: what goes on in there has
 * the names that the container gives. Unknown paths are NULL.
 */
bool memory_killers__is_inside(const char *sender_cgroup, const char *cgroup);

/* Whether such a program, from outside, sent SIGKILL to a process of this cgroup. */
bool memory_killers__sent(const struct record_killer *killer, const char *cgroup);

#endif
