/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory as a container's own tools show it, and as its cgroup has it. */
#ifndef OOMTRACE_MEMINFO_H
#define OOMTRACE_MEMINFO_H

#include "host/cgroup.h"

/*
 * Pure: one line of the text of /proc/meminfo ("MemTotal") in bytes. Returns 0, or -ENODATA when it isn't
 * there.
 */
int meminfo__parse(const char *text, const char *key, uint64_t *bytes);

/* The same of this machine. */
int meminfo__machine(const char *key, uint64_t *bytes);

/*
 * The lowest memory.max of a cgroup and those above it, UINT64_MAX where none has one, and whose that is.
 * Returns 0 or a negative errno.
 */
int meminfo__limit(const struct cgroup__hierarchy *h, const char *path, uint64_t *max_bytes, char *whose,
		   size_t size);

#endif
