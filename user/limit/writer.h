/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes memory.max step by step, in a thread of its own. A write can block for long, because the kernel
 * reclaims and kills inside it, in the writer's thread.
 */
#ifndef OOMTRACE_LIMIT_WRITER_H
#define OOMTRACE_LIMIT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limit/changes.h"
#include "limit/guard.h"

struct limit_writer;

/*
 * Starts a thread that writes the steps of the changes, with their interval in between, the first at
 * once, and afterwards what limit_writer__set() asks for. Privileges must have been dropped before, because a
 * thread keeps its own. dir_fd is the cgroup's folder; it, the changes and the guard are not owned. Returns 0 or a
 * negative errno.
 */
int limit_writer__start(const struct limit_changes *changes, int dir_fd, struct guard *guard,
			struct limit_writer **out);

/*
 * How far reclaim could get usage down, predicted just before the write of max_bytes. False: unknown,
 * or the next write has begun already.
 */
bool limit_writer__floor(const struct limit_writer *writer, uint64_t max_bytes, uint64_t *bytes);

/* A descriptor that polls readable when limit_writer__poll() has something to say. */
int limit_writer__fd(const struct limit_writer *writer);

/* Asks for a write, when the one that is going on and the steps are done. Doesn't block. */
void limit_writer__set(struct limit_writer *writer, uint64_t bytes);

/*
 * Returns 0, or the negative errno with which a write failed, of *bytes; no further step is taken
 * then.
 */
int limit_writer__poll(struct limit_writer *writer, uint64_t *bytes);

/* What such an error means, for a message. Static text. */
const char *limit_writer__error(int err);

/* Interrupts a write that is going on, and ends the thread. Takes NULL. */
void limit_writer__stop(struct limit_writer *writer);

#endif
