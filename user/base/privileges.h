/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_PRIVILEGES_H
#define OOMTRACE_PRIVILEGES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Names the capabilities that loading and attaching need and that this process lacks, as
 * "CAP_BPF, CAP_PERFMON"; "" when none is missing. CAP_SYS_ADMIN includes both
 * (include/linux/capability.h: bpf_capable(), perfmon_capable(), 5.8). Returns 0 or a negative errno.
 */
int privileges__missing(char *names, size_t size);

/*
 * Gives up, for good, every capability but CAP_BPF. Up to 5.18 a process needs CAP_BPF to look into its own
 * maps. Returns 0 or a negative errno.
 */
int privileges__drop(void);

/*
 * Empties the bounding set, as far as this process may, and keeps its capabilities: for a process that will change its
 * user, and may not do it after that. Returns 0 or a negative errno.
 */
int privileges__empty_bounding_set(void);

/* Gives up every capability but these, as far as this process has them: bit 1 << CAP_*. */
int privileges__keep(uint64_t caps);

/* The kernel's lock-down mode, "integrity" or "confidentiality", or NULL when there is none. */
const char *privileges__lockdown(void);

#endif
