/* SPDX-License-Identifier: GPL-2.0-only */
/* A cgroup for guards alone, so that the guard survives when somebody ends all of oomtrace's own cgroup. */
#ifndef OOMTRACE_GUARD_CGROUP_H
#define OOMTRACE_GUARD_CGROUP_H

/*
 * Where cgroups of our own can be made, and nobody ends them together with ours: the top of the hierarchy that is mounted
 * at `mount`, or, for who has no CAP_DAC_OVERRIDE, the cgroup above ours (of cgroup v2). Returns a descriptor of the
 * folder or a negative errno.
 */
int guard_cgroup__open_place(const char *mount);

/*
 * Moves this process into the cgroup "oomtrace-guard" there, and makes that cgroup if need be. The cgroup stays, empty, for the next guard: removing it takes
 * CAP_DAC_OVERRIDE (nobody may write to the top's folder), and a guard doesn't keep that. Returns 0 or a
 * negative errno, with which the process stays where it is.
 */
int guard_cgroup__enter(const char *mount);

#endif
