/* SPDX-License-Identifier: GPL-2.0-only */
/* Kills for memory by others than the kernel's OOM killer: systemd-oomd, earlyoom, Android. Pure. */
#ifndef OOMTRACE_KMSG_KILLERS_H
#define OOMTRACE_KMSG_KILLERS_H

#include "kmsg/streams.h"

/* Whether a line reports such a kill. */
bool killers__parse(const struct kmsg_line *line, uint64_t number, struct kmsg_killer *killer);

#endif
