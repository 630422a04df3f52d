/* SPDX-License-Identifier: GPL-2.0-only */
/* Why an allocation of the whole machine failed, as far as the zones show it. Pure. */
#ifndef OOMTRACE_KMSG_WHY_H
#define OOMTRACE_KMSG_WHY_H

#include <stdbool.h>
#include <stddef.h>

#include "kmsg/incident.h"

#define WHY_SIZE 256

/* Writes a sentence. False: the figures don't show it. */
bool why__format(char *dst, size_t size, const struct kmsg_incident *incident);

#endif
