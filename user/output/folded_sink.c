// SPDX-License-Identifier: GPL-2.0-only
/* Sampled stacks alone, as --folded writes them. */
#include <stdlib.h>

#include "output/folded.h"
#include "record/sink.h"

static int folded_take(struct sink *sink, const struct record *record)
{
	return record->kind == RECORD_STACK ? folded__write(sink->out, &record->stack) : 0;
}

static void folded_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops folded_ops = { .take = folded_take, .free = folded_free };

struct sink *folded_sink__new(FILE *out)
{
	struct sink *sink = malloc(sizeof(*sink));

	if (sink)
		*sink = (struct sink){ .ops = &folded_ops, .out = out };
	return sink;
}
