/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's memory. Tools in a container print this, and not the container's own. */
#ifndef OOMTRACE_MEMINFO_H
#define OOMTRACE_MEMINFO_H

#include <stdint.h>

/*
 * Pure: one line of the text of /proc/meminfo ("MemTotal") in bytes. Returns 0, or -ENODATA when it isn't
 * there.
 */
int meminfo__parse(const char *text, const char *key, uint64_t *bytes);

/* The same of this machine. */
int meminfo__machine(const char *key, uint64_t *bytes);

#endif
