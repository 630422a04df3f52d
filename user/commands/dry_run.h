/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_DRY_RUN_H
#define OOMTRACE_DRY_RUN_H

#include <stdio.h>

#include "limit/changes.h"

/*
 * --dry-run of a change: which of the limits can hold without a kill, in the cgroup whose folder is
 * dir_fd.
 */
void dry_run__print_changes(FILE *out, const struct limit_changes *changes, int dir_fd);

#endif
