/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads command lines in a process of its own. /proc/PID/cmdline takes the lock of the process's memory, which
 * a process that is held back at memory.high can hold for minutes: whoever reads it then hangs, deaf to
 * signals. A reader that hangs is killed, and another one goes on behind the process that it hung at.
 */
#ifndef OOMTRACE_CMDLINE_READER_H
#define OOMTRACE_CMDLINE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

/* How a reader reads one: proc__cmdline(), but in tests. Returns 0 or a negative errno. */
typedef int (*cmdline_reader_fn)(uint32_t pid, struct cmdline_entry *out);

struct cmdline_reader_limits {
	uint64_t each_ns; /* without a process read: the reader hangs */
	uint64_t all_ns;  /* for all of it, from then on nothing more is read */
};

/*
 * Calls on_entry for each of the processes whose command line could be read. Returns how many were left out,
 * because a reader hung at them or the time was over, or a negative errno when there can't be a reader.
 */
int cmdline_reader__read(const uint32_t *pids, size_t count, const struct cmdline_reader_limits *limits,
			 cmdline_reader_fn read_one,
			 void (*on_entry)(void *ctx, uint32_t pid, const struct cmdline_entry *entry),
			 void *ctx);

#endif
