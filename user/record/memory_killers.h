/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that end others when memory is short, before the kernel's OOM killer does. */
#ifndef OOMTRACE_MEMORY_KILLERS_H
#define OOMTRACE_MEMORY_KILLERS_H

#include <stdbool.h>

#include "event.h"

/* By their names, as the kernel knows them; padded with zeros. */
extern const char memory_killers__names[EVENT_MEMORY_KILLERS][EVENT_COMM_LEN];

/* Whether a program is one of them, by its name. Takes NULL. */
bool memory_killers__has(const char *comm);

#endif
