/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of the machine, of its event. Pure. */
#ifndef OOMTRACE_MODEL_MACHINE_H
#define OOMTRACE_MODEL_MACHINE_H

#include "event.h"
#include "record/machine_why.h"

/* What the record refers to. */
struct machine {
	struct record_machine record;
	struct record_zone zones[EVENT_ZONES_MAX];
	char why[MACHINE_WHY_SIZE];
};

/* The record has pointers into *out and *e. Order: of the allocation; negative: unknown. */
void machine__fill(struct machine *out, const struct event_machine *e, uint64_t page_size, int order);

#endif
