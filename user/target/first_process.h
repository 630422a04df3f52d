/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_FIRST_PROCESS_H
#define OOMTRACE_FIRST_PROCESS_H

#include "target/resolve.h"

/*
 * The first process of a target that has just begun: a container's init, or a service's main process. To be called some
 * times a second; tries: how often it was before. 0: not there yet, or not known.
 */
pid_t first_process__find(const struct cgroup__hierarchy *h, const struct container_ref *ref,
			  const char *cgroup, unsigned int tries);

#endif
