// SPDX-License-Identifier: GPL-2.0-only
/* Sampled stacks alone, as --folded writes them. */
#include <stdlib.h>

#include "output/folded.h"
#include "record/sink.h"

static int folded_stack(struct sink *sink, const struct record_stack *stack)
{
	return folded__write(sink->out, stack);
}

static void folded_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops folded_ops = { .stack = folded_stack, .free = folded_free };

struct sink *folded_sink__new(FILE *out)
{
	struct sink *sink = malloc(sizeof(*sink));

	if (sink)
		*sink = (struct sink){ .ops = &folded_ops, .out = out };
	return sink;
}
