/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns the memory figures of a kernel log into the figures of records. */
#ifndef OOMTRACE_MEMORY_RECORDS_H
#define OOMTRACE_MEMORY_RECORDS_H

#include <stdbool.h>

#include "kmsg/incident.h"
#include "record/record.h"

/*
 * The machine's memory and its zones at an OOM. Pages are told only where the page size is known. `zones`, of
 * KMSG_ZONES_MAX, is the caller's, and *machine refers to it. Returns whether the log has any.
 */
bool memory_records__machine(struct record_machine *machine, struct record_zone *zones,
			     const struct kmsg_incident *incident);

/* What the memory of the limit's cgroup was. Returns whether the log has any of it. */
bool memory_records__cgroup(struct record_memory *memory, const struct kmsg_stats *stats);

#endif
