/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_PREEMPTION_H
#define OOMTRACE_PREEMPTION_H

#include <stdbool.h>

/*
 * Whether tasks may be preempted anywhere in the kernel: debugfs says so, which may not be mounted; else it was asked for
 * at boot, or the kernel is built so and can't do otherwise. False where nothing can be read.
 */
bool preemption__is_full(void);

#endif
