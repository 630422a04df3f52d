/* SPDX-License-Identifier: GPL-2.0-only */
/* Kills for memory that aren't the kernel's OOM killer: systemd-oomd, earlyoom, Android's. Pure. */
#ifndef OOMTRACE_KMSG_KILLERS_H
#define OOMTRACE_KMSG_KILLERS_H

#include "kmsg/streams.h"

/* Whether a line is such a kill's. */
bool killers__parse(const struct kmsg_line *line, uint64_t number, struct kmsg_killer *killer);

#endif
