/* SPDX-License-Identifier: GPL-2.0-only */
/* The files in tmpfs at an OOM with much of it. Reads nothing by itself. */
#ifndef OOMTRACE_MODEL_TMPFS_H
#define OOMTRACE_MODEL_TMPFS_H

#include "model/env.h"

/* The record, and what it refers to. All zero to begin with. */
struct tmpfs {
	struct record_tmpfs record;
	struct record_tmpfs_file list[TMPFS_FILES__LARGEST];
	struct tmpfs_files read;
};

/*
 * What was read, as a record that points to it and to `list`, which has room for TMPFS_FILES__LARGEST. since_ns: what the
 * record is of, CLOCK_BOOTTIME.
 */
struct record_tmpfs tmpfs__record(const struct tmpfs_files *read, uint64_t since_ns,
				  struct record_tmpfs_file *list);

/*
 * Asks the env for them if tmpfs and shared memory are at least a fifth of the usage at the limit. Returns whether there is
 * anything to tell; it is in tmpfs->record then, until the next call.
 */
bool tmpfs__fill(struct tmpfs *tmpfs, const struct record *record, const struct model_env *env);

#endif
