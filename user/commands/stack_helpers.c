// SPDX-License-Identifier: GPL-2.0-only
#include "commands/stack_helpers.h"

#include <stdio.h>
#include <string.h>

void stack_helpers__start(struct stack_helpers *helpers)
{
	int err = symbols__start(&helpers->symbols);

	if (err)
		fprintf(stderr,
			"oomtrace: the helpers that find the names of functions can't be started: %s. Stacks "
			"are addresses.\n",
			strerror(-err));
}

/* Without its helpers oomtrace goes on. Only the names in stacks are missing. */
void stack_helpers__tell(struct stack_helpers *helpers, const struct stack_collector *stacks,
			 struct event_loop *loop, struct console *console)
{
	struct stack_collector_health health = stack_collector__health(stacks);

	if (!helpers->symbols)
		return;
	if (health.replaced > helpers->told.replaced) {
		console__clear(console);
		fputs("oomtrace: the process that finds the names of functions has failed. Another one takes its "
		      "place. Some stacks may be addresses.\n",
		      stderr);
	}
	if (health.alone && !helpers->told.alone) {
		console__clear(console);
		event_loop__remove(loop, symbols__fd(helpers->symbols));
		fputs("oomtrace: the process that finds the names of functions has failed; stacks are addresses "
		      "from now on.\n",
		      stderr);
	}
	helpers->told = health;
}
