/* SPDX-License-Identifier: GPL-2.0-only */
/* What oomtrace and its two helpers for symbols say to each other. One message is one packet. */
#ifndef OOMTRACE_WIRE_H
#define OOMTRACE_WIRE_H

#include "stacks/symbols.h"

enum wire_kind {
	WIRE_LOOK = 1, /* to the first: note the mappings of a process */
	WIRE_BEGIN,    /* to the second: what follows are its mappings */
	WIRE_MAPPING,  /* with the descriptor of its file, if it has one that could be opened */
	WIRE_STACK,    /* to the second, through the first */
	WIRE_JIT, /* after mappings: with the descriptor of the process's names for code that it has made */
};

struct wire_message {
	uint32_t kind;
	uint32_t number;
	union {
		struct process_id process;
		struct mapping mapping;
		struct symbols_stack stack;
	};
};

#define WIRE_TEXT_MAX (48U << 10)
#define WIRE_FRAMES (2 * STACK_DEPTH)

struct wire_frame {
	uint64_t address, offset;
	uint32_t function, module; /* offsets into the text; 0: unknown */
};

/* What the last one answers; of the text only what is used is sent. */
struct wire_answer {
	uint32_t number;   /* of the question; 0: of none */
	uint32_t replaced; /* the keeper's answer: it had to start another process */
	uint32_t unmapped;
	uint32_t user_count, kernel_count;
	struct wire_frame frames[WIRE_FRAMES]; /* the user's, then the kernel's */
	uint32_t text_len;
	char text[WIRE_TEXT_MAX]; /* strings with their NUL; the first is "" */
};

/*
 * What the two processes do. They return when the one that they read from has gone; the second, which is
 * started by its keeper, tells the guard which file it is at.
 */
void maps_process__run(int in, int out);
void names_process__run(int in, int out, int kallsyms_fd, const struct elf_symbols_guard *guard);

/*
 * The second's keeper: starts it when there is something to do and, at most SYMBOLS_REPLACED_MAX times, another one when
 * it ends before its time. Then the file that it was at is not read again, and the question that it was at is answered
 * without names. Returns when there is nothing more to do, or nobody to do it.
 */
void keeper_process__run(int in, int out, int kallsyms_fd);

/*
 * Takes in an answer of `size` bytes, whoever wrote it: by then a file may have taken over the process that did. The
 * strings are in `wire`. Returns 0 or -EPIPE.
 */
int wire__take(const struct wire_answer *wire, size_t size, struct symbols_answer *answer);

/*
 * Sends a packet and, if it isn't -1, a descriptor; blocks. Returns 0 or a negative errno.
 */
int wire__send(int socket, const void *data, size_t size, int fd);

/*
 * Receives a packet and, unless fd is NULL, its descriptor, or -1. Returns its size, 0 when the other
 * side has gone, or a negative errno.
 */
ssize_t wire__receive(int socket, void *data, size_t size, int *fd);

/* The kind of the next packet, which stays; waits for it if `flags` isn't MSG_DONTWAIT. 0: there is none. */
uint32_t wire__peek(int socket, int flags);

#endif
