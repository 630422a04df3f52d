/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds names for the addresses in stacks. Two processes of oomtrace's own do it, so that the process that
 * traces needs no privileges for it and parses no files of other people:
 *
 *   oomtrace -> oomtrace-maps -> oomtrace-syms -> oomtrace
 *
 * oomtrace-maps may look at other processes. It only lists and opens the files that they have mapped.
 * oomtrace-syms gets these descriptors, has no privilege at all, and reads the files. Requests go through both
 * in order, so a process's mappings are read before its stack is resolved. A third process, the keeper of
 * oomtrace-syms, has the same name and no privileges either. It starts another oomtrace-syms when one fails.
 */
#ifndef OOMTRACE_SYMBOLS_H
#define OOMTRACE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "record/record.h"
#include "stacks/elf_symbols.h"

struct symbols;

struct symbols_stack {
	struct process_id process;
	uint32_t user_count, kernel_count;
	uint64_t user[STACK_DEPTH], kernel[STACK_DEPTH]; /* innermost first */
};

/* A file that is cut short, or takes too long, ends the process that reads it: so many may. */
#define SYMBOLS_REPLACED_MAX 32

struct symbols_answer {
	uint32_t number; /* of the question; 0: of none */
	bool replaced; /* the process that reads files has failed, and another one goes on: here are no frames */
	uint32_t unmapped; /* user frames that are in no mapping that was known of the process */
	size_t user_count, kernel_count; /* without the frames of oomtrace's own programs */
	struct record_frame user[STACK_DEPTH], kernel[STACK_DEPTH];
};

/*
 * Starts them, before there are threads or descriptors that they must not have, and before privileges
 * are dropped. Returns 0 or a negative errno.
 */
int symbols__start(struct symbols **out);

/* A descriptor that polls readable when symbols__read() has something. */
int symbols__fd(const struct symbols *symbols);

/*
 * Asks for the mappings of a living process to be noted. A process that has ended, or that isn't the one meant,
 * is skipped. Doesn't block. Returns 0, -EAGAIN when too many requests wait, or another negative errno when a
 * helper is gone.
 */
int symbols__look_at(struct symbols *symbols, const struct process_id *process);

/* Asks for the names in a stack. The caller's number, not 0, comes back with the answer. Returns as above. */
int symbols__ask(struct symbols *symbols, const struct symbols_stack *stack, uint32_t number);

/*
 * Reads an answer, whose strings are valid until the next call. Answers come in the order of the
 * questions. Returns 1, 0 when there is none yet, or a negative errno when there will be none any more.
 */
int symbols__read(struct symbols *symbols, struct symbols_answer *answer);

/* Whether one of the processes is stopped, or hangs in the kernel, just now: there may be no answer for long. */
bool symbols__hang(const struct symbols *symbols);

/* Ends all. Takes NULL. */
void symbols__stop(struct symbols *symbols);

#endif
