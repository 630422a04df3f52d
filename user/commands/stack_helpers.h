/* SPDX-License-Identifier: GPL-2.0-only */
/* A session's processes that find the names of functions. Prints on stderr when one of them fails. */
#ifndef OOMTRACE_STACK_HELPERS_H
#define OOMTRACE_STACK_HELPERS_H

#include "base/event_loop.h"
#include "stacks/collector.h"
#include "stacks/symbols.h"
#include "terminal/console.h"

struct stack_helpers {
	struct symbols *symbols; /* NULL: stacks are addresses */
	struct stack_collector_health told;
};

/* Starts them before BPF and threads, because the helpers must hold none of them. */
void stack_helpers__start(struct stack_helpers *helpers);

/* Prints what has become of them since the last call, and takes failed ones out of the loop. */
void stack_helpers__tell(struct stack_helpers *helpers, const struct stack_collector *stacks,
			 struct event_loop *loop, struct console *console);

#endif
