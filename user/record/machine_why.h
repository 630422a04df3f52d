/* SPDX-License-Identifier: GPL-2.0-only */
/* Why an allocation of the whole machine failed, as far as the zones show it. Pure. */
#ifndef OOMTRACE_MACHINE_WHY_H
#define OOMTRACE_MACHINE_WHY_H

#include <stdbool.h>
#include <stddef.h>

#include "record/record_log.h"

#define MACHINE_WHY_SIZE 256

/*
 * Whether single pages could have been had, and an allocation of this order could not: then memory hasn't run out. False
 * where the figures don't show it.
 */
bool machine_why__is_fragmented(const struct record_machine *machine, int order);

/* Writes a sentence on an allocation of this order; negative: unknown. False: the figures don't show it. */
bool machine_why__format(char *dst, size_t size, const struct record_machine *machine, int order);

#endif
