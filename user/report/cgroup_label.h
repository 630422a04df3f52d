/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_CGROUP_LABEL_H
#define OOMTRACE_CGROUP_LABEL_H

#include <stddef.h>

#include "record/record.h"

/*
 * Writes what people call a cgroup: its container's name or short id, its unit of systemd, or else its path. `container` may be
 * NULL. The text is as it was recorded, so it isn't safe for output yet. Returns dst.
 */
const char *cgroup_label__format(char *dst, size_t size, const char *path,
				 const struct record_container *container);

#endif
