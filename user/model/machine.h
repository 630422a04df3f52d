/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of the machine, of its event; and the largest cgroups, by what the environment reads. */
#ifndef OOMTRACE_MODEL_MACHINE_H
#define OOMTRACE_MODEL_MACHINE_H

#include "event.h"
#include "model/env.h"
#include "record/machine_why.h"

/* What the record refers to. */
struct machine {
	struct record_machine record;
	struct record_zone zones[EVENT_ZONES_MAX];
	char why[MACHINE_WHY_SIZE];
	struct largest_cgroups read;
	struct record_cgroup_usage largest[LARGEST_CGROUPS_MAX];
	uint64_t read_ns; /* when the largest were read; 0: they weren't */
};

/* Reads the largest cgroups, as soon as the event is there. */
void machine__read_largest(struct machine *machine, const struct model_env *env);

/* The record has pointers into *out and *e. Order: of the allocation; negative: unknown. */
void machine__fill(struct machine *out, const struct event_machine *e, uint64_t page_size, int order);

/* Adds the largest cgroups that were read, since_ns after the OOM killer had chosen (CLOCK_BOOTTIME). */
void machine__fill_largest(struct machine *out, const struct model_env *env, uint64_t since_ns);

#endif
