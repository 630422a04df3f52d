/* SPDX-License-Identifier: GPL-2.0-only */
/* Why the limit was hit: docs/causes.md has the rule for each cause, and what can't be known. Pure. */
#ifndef OOMTRACE_CAUSE_H
#define OOMTRACE_CAUSE_H

#include "record/record.h"

/*
 * When the write began that a run's cause may be (boot-clock ns): the one that it happened in, else the last one of
 * its limit. 0: none is known, or no limit was hit.
 */
uint64_t cause__write_start(const struct event_oom *event);

/*
 * Fills in the cause of a record that is complete otherwise. write_number is the number, for people, of the write
 * that cause__write_start() names. sees_writes: the trace has all writes of memory.max, so a write that isn't
 * known didn't happen.
 */
void cause__decide(struct record *record, const struct event_oom *event, uint32_t page_size, bool sees_writes,
		   uint64_t write_number);

#endif
