/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines of the programs that were executed last, where the kernel side keeps them (bpf/process.bpf.c). */
#ifndef OOMTRACE_EXECS_H
#define OOMTRACE_EXECS_H

#include "event.h"

/*
 * Makes the entries ready to be written and read: maps `execs` and puts all of its slots into the queue `exec_slots`.
 * Returns 0 or a negative errno.
 */
int execs__begin(int execs_fd, int slots_fd, const struct exec_entry **out);

/* Takes NULL. */
void execs__end(const struct exec_entry *entries);

/*
 * The command line with which a program was executed last. The kernel side may be writing meanwhile. Takes NULL, where
 * there are none yet. Returns 0, or -ENOENT when there is none.
 */
int execs__find(const struct exec_entry *entries, const struct program *program, struct cmdline_entry *out);

#endif
