/* SPDX-License-Identifier: GPL-2.0-only */
/* What containers are called, for victims whose container may be gone already. */
#ifndef OOMTRACE_NAMES_H
#define OOMTRACE_NAMES_H

#include "containers/container.h"

struct names;

/* `target` is the container that is known by name from the start. Returns NULL without memory. */
struct names *names__new(const struct record_container *target);
void names__free(struct names *names);

/*
 * The name of a container, or NULL when it has none or its runtime doesn't answer. Asks the
 * runtime at most once for each id, which can take up to UNIX_HTTP__TIMEOUT_MS.
 */
const char *names__container(struct names *names, const struct container_ref *ref);

#endif
