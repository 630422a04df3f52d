/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_PRESSURE_H
#define OOMTRACE_PRESSURE_H

#include <stdbool.h>

/* Whether the kernel counts stalls (PSI), and so says of a task that it is in one. */
bool pressure__is_counted(void);

#endif
