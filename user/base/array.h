/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_ARRAY_H
#define OOMTRACE_ARRAY_H

/* How many elements an array has; not for pointers. */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
