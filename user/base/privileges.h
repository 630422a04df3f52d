/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_PRIVILEGES_H
#define OOMTRACE_PRIVILEGES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Names the capabilities that loading and attaching need and this process hasn't got, as
 * "CAP_BPF, CAP_PERFMON"; "" when none is missing. CAP_SYS_ADMIN stands for both
 * (include/linux/capability.h: bpf_capable(), perfmon_capable(), 5.8). Returns 0 or a negative errno.
 */
int privileges__missing(char *names, size_t size);

/*
 * Gives up, for good, all that only loading and attaching needed. CAP_BPF stays: up to 5.18
 * looking into one's own maps needs it. Returns 0 or a negative errno.
 */
int privileges__drop(void);

/* The same, but keeps what there is of these capabilities: bit 1 << CAP_*. */
int privileges__keep(uint64_t caps);

/* The kernel's lock-down mode, "integrity" or "confidentiality", or NULL when there is none. */
const char *privileges__lockdown(void);

#endif
