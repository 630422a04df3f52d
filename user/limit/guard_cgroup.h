/* SPDX-License-Identifier: GPL-2.0-only */
/* A cgroup for guards alone: what ends oomtrace's own cgroup as a whole must not end the guard. */
#ifndef OOMTRACE_GUARD_CGROUP_H
#define OOMTRACE_GUARD_CGROUP_H

/*
 * Moves this process into the cgroup "oomtrace-guard" at the top of the hierarchy that is mounted there,
 * which is made if need be. The cgroup stays, empty, for the next guard: its removal takes CAP_DAC_OVERRIDE
 * (the top's folder is writable for nobody), which a guard doesn't keep. Returns 0 or a negative errno; the
 * process then stays where it is.
 */
int guard_cgroup__enter(const char *mount);

#endif
